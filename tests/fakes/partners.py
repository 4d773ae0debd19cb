"""Partners that answer as told, or are down."""

from dataclasses import dataclass, field
from typing import Literal

from lending.domain.faults import PartnerUnavailable
from lending.ports.bank import DebitAnswer, DebitOrder, PayoutOrder
from lending.ports.partners import (
    BureauReport,
    DeviceReport,
    EmployerRecord,
    IncomeReport,
    Payee,
    RailAnswer,
)

REPORT = BureauReport("rep_1", True, 720, 0, 1, 50_000, 96)
FLOWS = IncomeReport("flo_1", True, 6, 2_000_000, 0)
DEVICE = DeviceReport("dev_1", 10, False, False)
EMPLOYER = EmployerRecord(True, True, True, 2001)


@dataclass
class FakeIdentity:
    result: Literal["match", "mismatch", "not_found"] = "match"
    down: bool = False

    def verify(
        self, *, id_type: str, id_no: str, full_name: str, mobile: str
    ) -> Literal["match", "mismatch", "not_found"]:
        if self.down:
            raise PartnerUnavailable("identity")
        return self.result


@dataclass
class FakeBureau:
    result: BureauReport = REPORT
    down: bool = False
    asked_with: list[str] = field(default_factory=list)

    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, notice: str
    ) -> BureauReport:
        if self.down:
            raise PartnerUnavailable("bureau")
        self.asked_with.append(consent_id)
        return self.result


@dataclass
class FakeValuation:
    minor: int = 16_000_000
    down: bool = False

    def value_minor(
        self,
        *,
        vin: str,
        condition: str,
        model_year: int,
        odometer_km: int,
        price_minor: int,
        currency: str,
    ) -> int:
        if self.down:
            raise PartnerUnavailable("valuation")
        return self.minor


@dataclass
class FakeIncome:
    result: IncomeReport = FLOWS
    down: bool = False
    asked: int = 0

    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, currency: str
    ) -> IncomeReport:
        if self.down:
            raise PartnerUnavailable("income")
        self.asked += 1
        return self.result


@dataclass
class FakeDevices:
    result: DeviceReport = DEVICE
    down: bool = False

    def report(self, *, device_id: str, ip: str | None) -> DeviceReport:
        if self.down:
            raise PartnerUnavailable("device")
        return self.result


@dataclass
class FakeEmployers:
    result: EmployerRecord = EMPLOYER
    down: bool = False

    def look_up(self, *, name: str, registration_no: str) -> EmployerRecord:
        if self.down:
            raise PartnerUnavailable("employer")
        return self.result


@dataclass
class FakeRail:
    """Remembers what was paid. `answers` are given first; `lost` pays but says unknown.

    Collections are pending until `verdicts` says more of their reference.
    """

    answers: list[RailAnswer] = field(default_factory=list)
    lost: int = 0
    down: bool = False
    paid: dict[str, int] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, DebitAnswer] = field(default_factory=dict)
    sends: int = 0
    queries: int = 0
    strangers: set[str] = field(default_factory=set)  # accounts that are somebody else's
    payees: list[Payee] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)

    def check(self, payee: Payee) -> Literal["match", "mismatch"]:
        if self.down:
            raise PartnerUnavailable("bank_rail")
        return "mismatch" if payee.account_no in self.strangers else "match"

    def submit(self, order: PayoutOrder) -> RailAnswer:
        return self.pay(
            reference=order.reference,
            amount_minor=order.amount_minor,
            currency=order.currency,
            payee=order.payee,
            purpose=order.purpose,
        )

    def pay(
        self, *, reference: str, amount_minor: int, currency: str, payee: Payee, purpose: str
    ) -> RailAnswer:
        if self.down:
            return RailAnswer("unknown", "down")
        self.sends += 1
        if self.answers:
            return self.answers.pop(0)
        self.paid.setdefault(reference, amount_minor)
        self.payees.append(payee)
        self.purposes.append(purpose)
        if self.lost:
            self.lost -= 1
            return RailAnswer("unknown", "timeout")
        return RailAnswer("accepted")

    def query(self, *, reference: str) -> RailAnswer:
        self.queries += 1
        if self.down:
            return RailAnswer("unknown", "down")
        return RailAnswer("accepted" if reference in self.paid else "not_received")

    def debit(self, order: DebitOrder) -> DebitAnswer:
        if self.down:
            return DebitAnswer("unknown", "down")
        self.sends += 1
        self.drawn.setdefault(order.reference, order.amount_minor)
        if self.lost:
            self.lost -= 1
            return DebitAnswer("unknown", "timeout")
        return DebitAnswer("pending")

    def query_debit(self, *, reference: str) -> DebitAnswer:
        self.queries += 1
        if self.down:
            return DebitAnswer("unknown", "down")
        if reference not in self.drawn:
            return DebitAnswer("not_received")
        return self.verdicts.get(reference, DebitAnswer("pending"))


@dataclass
class FakeMessenger:
    down: bool = False
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: int = 0

    def send(
        self,
        *,
        message_id: str,
        channel: Literal["sms", "mail"],
        to: str,
        template: str,
        locale: str,
        text: str,
    ) -> None:
        if self.down:
            raise PartnerUnavailable("messages")
        self.calls += 1
        message = {"to": to, "template": template, "locale": locale, "text": text}
        self.sent.setdefault(message_id, message)

"""Partners over HTTP. Every method raises PartnerUnavailable when down, slow or nonsensical."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class BureauReport:
    """A credit file; None = the bureau has no value. `found` False = no file."""

    report_id: str
    found: bool
    score: int | None
    delinquencies_24m: int | None
    enquiries_6m: int | None
    open_debt_monthly_minor: int | None
    oldest_account_months: int | None


@dataclass(frozen=True, slots=True)
class IncomeReport:
    """What bank flows of so many months show, in minor units a month. `found` False = no flows."""

    report_id: str
    found: bool
    months: int | None
    income_monthly_minor: int | None
    debt_monthly_minor: int | None


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """How a device behaves: `risk` is 0 (harmless) to 100."""

    report_id: str
    risk: int
    is_emulator: bool
    is_proxied: bool


@dataclass(frozen=True, slots=True)
class EmployerRecord:
    """What the register of companies says; None where there is none."""

    found: bool
    is_active: bool | None
    name_matches: bool | None
    founded_year: int | None


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the money goes: read from the vault at the moment of payment only."""

    name: str
    account_no: str


@dataclass(frozen=True, slots=True)
class RailAnswer:
    """`unknown` means: ask again by reference, never pay again.

    `returned` holds the reason code of an accepted payout that came back; it stays `accepted`,
    because the return is a payment of its own.
    """

    status: Literal["accepted", "rejected", "unknown", "not_received"]
    reason: str = ""
    returned: str = ""


class Identity(Protocol):
    def verify(
        self, *, id_type: str, id_no: str, full_name: str, mobile: str
    ) -> Literal["match", "mismatch", "not_found"]: ...


class Bureau(Protocol):
    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, notice: str
    ) -> BureauReport:
        """`notice` is the version of the text by which the person was told of the enquiry."""
        ...


class Income(Protocol):
    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, currency: str
    ) -> IncomeReport: ...


class Devices(Protocol):
    def report(self, *, device_id: str, ip: str | None) -> DeviceReport: ...


class Employers(Protocol):
    def look_up(self, *, name: str, registration_no: str) -> EmployerRecord: ...


class Valuation(Protocol):
    def value_minor(
        self,
        *,
        vin: str,
        condition: str,
        model_year: int,
        odometer_km: int,
        price_minor: int,
        currency: str,
    ) -> int: ...


class Rail(Protocol):
    """Bank rail. Neither method raises for an outage: that is `unknown`."""

    def pay(
        self, *, reference: str, amount_minor: int, currency: str, payee: Payee, purpose: str
    ) -> RailAnswer: ...

    def query(self, *, reference: str) -> RailAnswer: ...


class PayeeCheck(Protocol):
    """The bank's word on whose account it is. Raises PartnerUnavailable."""

    def check(self, payee: Payee) -> Literal["match", "mismatch"]: ...


class Messenger(Protocol):
    """SMS and mail. `message_id` is deterministic: the gateway sends one id once."""

    def send(
        self,
        *,
        message_id: str,
        channel: Literal["sms", "mail"],
        to: str,
        template: str,
        locale: str,
        text: str,
    ) -> None: ...

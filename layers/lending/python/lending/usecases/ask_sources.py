"""Ask every data source at the same time, unless a valid answer of it is kept.

What is missing is named and refers the application; it never approves or declines one.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from lending.domain.faults import (
    CircuitOpen,
    LendingFault,
    OutOfRange,
    PartnerUnavailable,
    Retryable,
    WrongSubject,
)
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, Vehicle
from lending.ports.answers import BlindTokens, KeptAnswer, KeptAnswers
from lending.ports.partners import (
    Bureau,
    BureauReport,
    DeviceReport,
    Devices,
    EmployerRecord,
    Employers,
    Identity,
    Income,
    IncomeReport,
    Valuation,
)

SHARING: Final = "data_sharing"
BUREAU_CONSENT: Final = "bureau_query"
THREADS: Final = 8
TROUBLE: Final[dict[type[LendingFault], str]] = {
    CircuitOpen: "circuit_open",
    OutOfRange: "out_of_range",
    WrongSubject: "wrong_subject",
}


@dataclass(slots=True)
class Answers:
    """What the sources said; None = not asked, nothing known, or (then in `missing`) no answer."""

    identity: Literal["match", "mismatch", "not_found"] | None = None
    bureau: BureauReport | None = None
    valuation_minor: int | None = None
    income: IncomeReport | None = None
    device: DeviceReport | None = None
    employer: EmployerRecord | None = None
    sources: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def employer_confirmed(self) -> bool | None:
        """Whether the register knows a living company of that number and name; None: not asked."""
        one = self.employer
        return None if one is None else bool(one.found and one.is_active and one.name_matches)


@dataclass(frozen=True, slots=True)
class _Question:
    """One source: all that is asked (for the cache), how to ask, how an answer is kept."""

    source: str
    asked: tuple[object, ...]
    ask: Callable[[], Any]
    store: Callable[[Any], dict[str, object]] = asdict
    restore: Callable[..., Any] = dict


@dataclass(frozen=True, slots=True)
class Sources:
    """The partners. `asked` may be called from many threads: each adapter is."""

    identity: Identity
    bureau: Bureau
    valuation: Valuation
    income: Income
    devices: Devices
    employers: Employers

    def questions(self, application: Application, person: Mapping[str, str]) -> list[_Question]:
        """What there is to ask: sources that need a consent or a fact are left out without it."""
        found = [self._identity(person), self._bureau(application, person)]
        vehicle, given = application.request.vehicle, application.request.given
        if vehicle is not None:
            found.append(self._valuation(vehicle, application.request.currency))
        if "device_id" in given and "device_id" in person:
            found.append(self._device(person, "device_ip" in given))
        sharing = application.request.consent(SHARING)
        if sharing is not None:
            found.append(self._income(person, sharing.consent_id, application.request.currency))
            if "employer_no" in given and "employer_no" in person:
                found.append(self._employer(person))
        return found

    def _identity(self, person: Mapping[str, str]) -> _Question:
        who = _who(person)
        mobile = person["mobile"]
        return _Question(
            "identity",
            (*who.values(), mobile),
            lambda: self.identity.verify(**who, mobile=mobile),
            _plain,
            _value,
        )

    def _bureau(self, application: Application, person: Mapping[str, str]) -> _Question:
        who = _who(person)
        consent = application.request.consent(BUREAU_CONSENT)
        consent_id = consent.consent_id if consent else application.request.consent_ids[0]
        notice = consent.version if consent else "unversioned"
        return _Question(
            "bureau",
            tuple(who.values()),
            lambda: self.bureau.report(**who, consent_id=consent_id, notice=notice),
            restore=BureauReport,
        )

    def _valuation(self, vehicle: Vehicle, currency: str) -> _Question:
        asked = {
            "vin": vehicle.vin,
            "condition": vehicle.condition,
            "model_year": vehicle.model_year,
            "odometer_km": vehicle.odometer_km,
            "price_minor": vehicle.price_minor,
        }
        return _Question(
            "valuation",
            (*asked.values(), currency),
            lambda: self.valuation.value_minor(**asked, currency=currency),  # type: ignore[arg-type]
            _plain,
            _value,
        )

    def _income(self, person: Mapping[str, str], consent_id: str, currency: str) -> _Question:
        who = _who(person)
        return _Question(
            "income",
            (*who.values(), currency),
            lambda: self.income.report(**who, consent_id=consent_id, currency=currency),
            restore=IncomeReport,
        )

    def _device(self, person: Mapping[str, str], with_ip: bool) -> _Question:
        device_id, ip = person["device_id"], person.get("device_ip") if with_ip else None
        return _Question(
            "device",
            (device_id, ip),
            lambda: self.devices.report(device_id=device_id, ip=ip),
            restore=DeviceReport,
        )

    def _employer(self, person: Mapping[str, str]) -> _Question:
        name, number = person["employer_name"], person["employer_no"]
        return _Question(
            "employer",
            (name, number),
            lambda: self.employers.look_up(name=name, registration_no=number),
            restore=EmployerRecord,
        )


@dataclass(frozen=True, slots=True)
class AskSources:
    """The fan-out with its cache."""

    sources: Sources
    tokens: BlindTokens
    kept: KeptAnswers

    def __call__(
        self,
        application: Application,
        person: Mapping[str, str],
        kept: Mapping[str, KeptAnswer],
        profile: MarketProfile,
        at: datetime,
        pool: ThreadPoolExecutor,
    ) -> Answers:
        """Every answer. `kept` is what `kept_of` found.

        Raises:
            Retryable, Permanent: our own keys were busy or broken.
        """
        questions = self.sources.questions(application, person)
        hashes = {one.source: self._hash(one) for one in questions}
        asked: dict[str, Future[Any]] = {}
        found: dict[str, Any] = {}
        said = Answers()
        for one in questions:
            answer = _still_valid(one, hashes[one.source], kept.get(one.source), at)
            if answer is None:
                asked[one.source] = pool.submit(one.ask)
            else:
                found[one.source] = answer
                said.sources[one.source] = f"kept {kept[one.source].answered_at.isoformat()}"
        missing: list[str] = []
        for source, future in asked.items():
            try:
                found[source], said.sources[source] = future.result(), "asked"
            except PartnerUnavailable as fault:
                missing.append(source)
                said.sources[source] = TROUBLE.get(type(fault), "no_answer")
        said.missing = tuple(missing)
        _fill(said, found)
        fresh = {one.source: one for one in questions if said.sources[one.source] == "asked"}
        new = dict(self._new(fresh, found, hashes, profile, at))
        self._keep(application.customer_id, new, kept, at)
        return said

    def kept_of(self, customer_id: str) -> dict[str, KeptAnswer]:
        """What is kept of a customer; nothing when the store is busy."""
        try:
            return self.kept.of(customer_id)
        except Retryable:
            return {}

    def _hash(self, one: _Question) -> str:
        return self.tokens.token(f"question {one.source}", "\x1f".join(map(str, one.asked)))

    def _new(
        self,
        fresh: Mapping[str, _Question],
        found: Mapping[str, Any],
        hashes: Mapping[str, str],
        profile: MarketProfile,
        at: datetime,
    ) -> Iterator[tuple[str, KeptAnswer]]:
        for source, one in fresh.items():
            validity = profile.source_validity.get(source)
            if validity is not None:
                content = one.store(found[source])
                yield source, KeptAnswer(hashes[source], content, at, at + validity)

    def _keep(
        self,
        customer_id: str,
        new: dict[str, KeptAnswer],
        old: Mapping[str, KeptAnswer],
        at: datetime,
    ) -> None:
        if not new:
            return
        still = {name: one for name, one in old.items() if at < one.valid_until}
        try:
            self.kept.keep(customer_id, {**still, **new})
        except Retryable:
            return  # the next application asks again


def _still_valid(one: _Question, asked: str, old: KeptAnswer | None, at: datetime) -> Any:
    """The kept answer, if it is to just this question and no older than allowed; None = ask."""
    if old is None or old.question != asked or at >= old.valid_until:
        return None
    try:
        return one.restore(**old.content)
    except TypeError:
        return None  # kept by another release


def _fill(said: Answers, found: Mapping[str, Any]) -> None:
    said.identity = found.get("identity")
    said.bureau = found.get("bureau")
    said.valuation_minor = found.get("valuation")
    said.income = found.get("income")
    said.device = found.get("device")
    said.employer = found.get("employer")


def _who(person: Mapping[str, str]) -> dict[str, str]:
    return {name: person[name] for name in ("id_type", "id_no", "full_name")}


def _plain(answer: object) -> dict[str, object]:
    return {"value": answer}


def _value(value: object) -> object:
    return value

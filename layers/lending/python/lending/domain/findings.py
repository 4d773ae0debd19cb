"""What sources and models said about an application, without personal data."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class FraudFinding:
    """The fraud score of an application (0 to 1000) and why: points by rule.

    `linked` are other applications in its ring (at most 20); an alert goes to a person.
    """

    score: int
    is_alert: bool
    hits: dict[str, int]
    linked: tuple[str, ...]
    rules_version: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What the partners said, without personal data. None = the partner gave no answer.

    `identity` is match, mismatch, not_found or None; `features` are the model's inputs
    (see the model card; None = missing); `missing` names partners that did not answer.
    Below `missing`, None also means that the source was not asked or knows nothing:
    `income_verified_minor` and `flow_debt_monthly_minor` come from bank flows (a month),
    `employer_confirmed` from the register, `device_risk` is 0 to 100. `sources` says of each
    source what became of it: asked, kept (with the day of the answer), or the kind of trouble.
    """

    identity: Literal["match", "mismatch", "not_found"] | None
    age_years: int | None
    bureau_report_id: str | None
    valuation_minor: int | None
    income_monthly_minor: int | None
    other_debt_monthly_minor: int | None
    features: dict[str, int | str | None]
    market: str = ""
    product_id: str = ""
    missing: tuple[str, ...] = ()
    income_verified_minor: int | None = None
    flow_debt_monthly_minor: int | None = None
    employer_confirmed: bool | None = None
    device_risk: int | None = None
    sources: dict[str, str] = field(default_factory=dict)
    fraud: FraudFinding | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What a model answered that did not decide; `failed` names why it could not."""

    model: str
    pd_ppm: int | None = None
    score: int | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The model layer's answer: `pd_ppm` is the probability of default in parts per million.

    `contributions_micro` are millionths of log-odds by feature, positive = riskier. `role` is what
    the deciding model stood as (champion or challenger), `beside` what others answered on the same
    inputs.
    """

    model: str
    pd_ppm: int
    score: int
    reasons: tuple[str, ...]
    contributions_micro: dict[str, int] = field(default_factory=dict)
    role: str = "champion"
    beside: tuple[Beside, ...] = ()

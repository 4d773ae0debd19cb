"""What differs between stages. Everything else is the same everywhere."""

from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_logs import RetentionDays
from aws_cdk.aws_s3 import ObjectLockRetention

ROOT = Path(__file__).resolve().parents[1]
# What running the code and its checks leaves beside it; nobody ships that.
LEFTOVERS = [
    "__pycache__",
    "*.pyc",
    ".ruff_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".DS_Store",
]
# What an account's default limit of 1000 leaves to reserve: 100 must stay free.
RESERVABLE = 900
MARKETS = "cn,us"
AUDIENCE = "autolend"
ORDERS_BY = ("http", "files")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: how long things are kept, how much may run, what it may cost.

    `orders_by` http or files: the channel to the bank.
    `reading` recorded: nobody is made to wait while a contract is read (no people there).
    `reserved` is the concurrency a function can have at most; money and partners are kept
    low, so that a flood slows down instead of spreading.
    """

    name: str
    removal: RemovalPolicy
    log_retention: RetentionDays
    deletion_protection: bool
    rate_per_second: int
    burst: int
    monthly_budget_usd: int
    anchor_retention: ObjectLockRetention
    contract_retention: ObjectLockRetention
    reading: str
    orders_by: str = "http"
    reserved: dict[str, int] = field(default_factory=dict)

    def resource_name(self, part: str) -> str:
        """The physical name of a part, so that ARNs can be told before it exists."""
        return f"Autolend-{self.name}-{part}"


_RESERVED = {
    "quote": 20,
    "apply": 20,
    "account": 30,
    "sign": 20,
    "render": 3,
    "ops": 10,
    "collect": 20,
    "teller": 5,
    "authorize": 30,
    "identify": 20,
    "score": 20,
    "decide": 20,
    "park": 20,
    "disburse": 10,
    "seal": 5,
    "amend": 3,
    "verify": 2,
    "remind": 5,
    "transfer": 3,
    "mandate": 3,
    "publish": 10,
    "notify": 10,
    "sweep": 1,
    "anchor": 1,
    "investigate": 1,
    "reconcile": 1,
    "ingest": 1,
}
STAGES = {
    "dev": Stage(
        name="dev",
        removal=RemovalPolicy.DESTROY,
        log_retention=RetentionDays.ONE_WEEK,
        deletion_protection=False,
        rate_per_second=50,
        burst=100,
        monthly_budget_usd=50,
        anchor_retention=ObjectLockRetention.governance(Duration.days(1)),
        contract_retention=ObjectLockRetention.governance(Duration.days(1)),
        reading="recorded",
        reserved={verb: min(count, 5) for verb, count in _RESERVED.items()},
    ),
    "staging": Stage(
        name="staging",
        removal=RemovalPolicy.RETAIN,
        log_retention=RetentionDays.ONE_MONTH,
        deletion_protection=True,
        rate_per_second=100,
        burst=200,
        monthly_budget_usd=300,
        anchor_retention=ObjectLockRetention.governance(Duration.days(30)),
        contract_retention=ObjectLockRetention.governance(Duration.days(30)),
        reading="enforced",
        reserved=_RESERVED,
    ),
    "prod": Stage(
        name="prod",
        removal=RemovalPolicy.RETAIN,
        log_retention=RetentionDays.ONE_YEAR,
        deletion_protection=True,
        rate_per_second=500,
        burst=1000,
        monthly_budget_usd=3000,
        # Nobody can shorten it, the account's owner included.
        anchor_retention=ObjectLockRetention.compliance(Duration.days(3653)),
        # A court may order a person's papers removed: one named role can, nobody else.
        contract_retention=ObjectLockRetention.governance(Duration.days(3653)),
        reading="enforced",
        reserved={verb: count * 3 if count > 1 else count for verb, count in _RESERVED.items()},
    ),
}

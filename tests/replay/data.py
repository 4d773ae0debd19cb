"""Files of invented loans in the columns of the real ones, with every kind of month in them."""

import csv
import random
from dataclasses import dataclass, field
from pathlib import Path

LOAN_COLUMNS = (
    "loan_id", "origination_month", "loan_amount", "term_months", "apr", "scheduled_payment",
    "age_at_securitisation", "months_observed", "outcome", "default",
)  # fmt: skip
MONTH_COLUMNS = ("loan_id", "month_on_trust", "balance", "principal_paid", "payment")
FIRST = (2017, 6)
DAYS = (30, 31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31)  # from June on


@dataclass
class Loan:
    """A loan of 10,000.00 at 7.3 %, so of 0.02 % or 2.00 a day at first, 48 months to go."""

    loan_id: str
    outcome: str = "current_at_end"
    default: int = 0
    balance: int = 1_000_000
    rate_bps: int = 730
    instalment: int = 24_000
    months: list[tuple[int, int, int]] = field(default_factory=list)
    unpaid: int = 0  # interest of the months before
    lent: int = 0

    def __post_init__(self) -> None:
        self.lent = self.balance

    def interest(self) -> int:
        """Until the middle of this month, by actual days over 365."""
        days = DAYS[len(self.months) % 12]
        return self.unpaid + round(self.balance * self.rate_bps * days / 10_000 / 365)

    def pay(self, amount: int, principal: int | None = None) -> "Loan":
        """A month in which money came."""
        if principal is None:
            principal = max(0, min(self.balance, amount - self.interest()))
        self.unpaid = 0
        self.balance -= principal
        self.months.append((self.balance, principal, amount))
        return self

    def miss(self) -> "Loan":
        """A month without money."""
        self.unpaid = self.interest()
        self.months.append((self.balance, 0, 0))
        return self

    def pay_off(self, above: int = 0) -> "Loan":
        """The whole balance with the interest of the month."""
        self.outcome = "prepaid_or_matured"
        return self.pay(self.balance + self.interest() + above, self.balance)

    def charge_off(self, payment: int = 0) -> "Loan":
        """The lender takes the balance off its books."""
        self.balance, self.outcome, self.default = 0, "default", 1
        self.months.append((0, 0, payment))
        return self

    def return_last(self) -> "Loan":
        """The newest payment comes back."""
        principal, amount = next((one, two) for _, one, two in reversed(self.months) if one)
        self.unpaid = self.interest() + amount - principal
        self.balance += principal
        self.months.append((self.balance, 0, 0))
        return self

    def raise_balance(self, by: int, payment: int = 0) -> "Loan":
        """The balance rises and nothing says why."""
        self.unpaid = self.interest()
        self.balance += by
        self.months.append((self.balance, 0, payment))
        return self


def every_kind() -> list[Loan]:
    """One loan for each way a month can go, with round numbers."""
    regular, late, early = Loan("1001"), Loan("1002"), Loan("1003")
    for _ in range(4):
        regular.pay(24_000)
    late.pay(24_000).miss().miss().pay(24_000)
    early.pay(100_000).miss().pay_off()
    return [
        regular,
        late,
        early,
        Loan("1004").pay(24_000).pay_off(above=5_000),
        Loan("1005").pay(24_000).pay_off(above=-5_500),
        Loan("1006").pay(24_000).miss().miss().miss().charge_off(3_000),
        Loan("1007").pay(24_000).pay(24_000).return_last().pay(24_000),
        Loan("1008").pay(24_000).raise_balance(777).pay(24_000),
        Loan("1009").pay(24_000).raise_balance(900, 900).pay(24_000),
        Loan("1010").pay(24_000).charge_off().pay(1_000, 0),
        Loan("1011").pay(24_000).pay(24_000, 12_000).pay(24_000, 24_000),
        Loan("1012", outcome="prepaid_or_matured"),
    ]


def many(count: int, months: int, seed: int = 1) -> list[Loan]:
    """Loans at random, for running long enough to be killed."""
    draw = random.Random(seed)
    loans = []
    for number in range(count):
        loan = Loan(str(50_000 + number), balance=draw.randrange(500_000, 3_000_000))
        loan.instalment = loan.balance // 40
        for _ in range(months):
            chance = draw.random()
            if loan.balance == 0:
                break
            if chance < 0.1:
                loan.miss()
            elif chance < 0.12 and any(principal for _, principal, _ in loan.months):
                loan.return_last()
            elif chance < 0.14:
                loan.pay_off()
            elif chance < 0.15:
                loan.charge_off()
            else:
                loan.pay(loan.instalment * draw.choice((1, 1, 1, 2)))
        loans.append(loan)
    return loans


def write(folder: Path, loans: list[Loan]) -> tuple[Path, Path]:
    """The two files; the loans of one in another order than the months of the other."""
    loans_path, months_path = folder / "loans.csv", folder / "months.csv"
    with loans_path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(LOAN_COLUMNS)
        for loan in reversed(loans):
            writer.writerow(
                (
                    loan.loan_id, "2016-12", dollars(loan.lent), 54,
                    f"{loan.rate_bps / 10_000:.4f}", dollars(loan.instalment), 6,
                    max(1, len(loan.months)), loan.outcome, loan.default,
                )
            )  # fmt: skip
    with months_path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(MONTH_COLUMNS)
        for loan in loans:
            for number, (balance, principal, payment) in enumerate(loan.months, start=1):
                writer.writerow(
                    (loan.loan_id, number, dollars(balance), dollars(principal), dollars(payment))
                )
    return loans_path, months_path


def dollars(minor: int) -> str:
    """As the data set writes amounts: `10000.0`, `24.57`."""
    sign = "-" if minor < 0 else ""
    cents = f"{abs(minor) % 100:02d}"
    return f"{sign}{abs(minor) // 100}.{cents[:-1] if cents.endswith('0') else cents}"

"""The rows of every plan, by the numbered rules of docs/calc.md."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.exact import day, number, rounded
from tests.reference.terms import Span, Terms, yesterday


class NotRepaid(ValueError):
    """The instalment does not repay the loan: `no_solution`."""


@dataclass
class Row:
    """One row; `interest` is rounded and without odd days, `exact` is the same not rounded."""

    index: int
    kind: str
    span: Span
    rate: Fraction
    principal: int
    exact: Fraction
    interest: int
    balance: int


def product(values: list[Fraction]) -> Fraction:
    """The product of all 1 + value."""
    result = Fraction(1)
    for value in values:
        result *= 1 + value
    return result


def annuity(balance: int, rates: list[Fraction], balloon: int = 0) -> Fraction:
    """Rules 2 and 6: (P·Π − balloon) / fn."""
    fn = Fraction(1)
    for rate in rates[1:]:
        fn = 1 + fn * (1 + rate)
    return (balance * product(rates) - balloon) / fn


def interest(terms: Terms, index: int, balance: int) -> Fraction:
    """Rule 1, not yet rounded; `balance` is that after the instalment before."""
    span = terms.spans[index]
    came = [(on, amount) for on, amount in terms.lent if index == terms.holding(on)]

    def of_plan(on: date) -> int:
        return balance + sum(amount for at, amount in came if at <= max(on, span.start))

    def accruing(on: date) -> int:
        if terms.outstanding is None or on >= day(terms.outstanding["as_of"]):
            return of_plan(on)
        lent = sum(amount for at, amount in terms.lent if at <= max(on, span.start))
        paid = [
            one["principal_minor"]
            for one in terms.outstanding.get("paid", [])
            if day(one["on"]) <= on
        ]
        return lent - sum(paid)

    cuts = {at for at, _ in terms.lent} | {since for since, _ in terms.rates}
    always = set()
    if terms.outstanding is not None:
        cuts |= {day(one["on"]) for one in terms.outstanding.get("paid", [])}
        always.add(day(terms.outstanding["as_of"]))
    changing = {
        cut
        for cut in cuts
        if span.start < cut < span.end
        and (accruing(cut), terms.rate(cut))
        != (accruing(yesterday(cut)), terms.rate(yesterday(cut)))
    }
    always = {cut for cut in always if span.start < cut < span.end}
    ends = [span.start, *sorted(changing | always), span.end]
    return sum(
        (
            accruing(ends[i]) * terms.rate(ends[i]) * terms.part(span, ends[i], ends[i + 1])
            for i in range(len(ends) - 1)
        ),
        Fraction(0),
    )


def rows_of(terms: Terms, parts: list[int | None], *, of_total: bool) -> list[Row]:
    """Rows from instalments (rule 2) or, not `of_total`, from principal parts (rule 5).

    None is a period in which only interest is due.
    """
    rows: list[Row] = []
    balance = 0
    for index, span in enumerate(terms.spans):
        exact = interest(terms, index, balance)
        rounded_interest = rounded(exact, terms.mode)
        balance += sum(amount for on, amount in terms.lent if index == terms.holding(on))
        part = parts[index]
        if index == terms.n - 1:
            principal = balance
        elif part is None:
            principal = 0
        else:
            wanted = part - rounded_interest if of_total else part
            principal = max(0, min(wanted, balance))
        balance -= principal
        rate = terms.period_rate(index)
        rows.append(
            Row(index, "instalment", span, rate, principal, exact, rounded_interest, balance)
        )
    return rows


def instalments(terms: Terms) -> list[int | None]:
    """Rules 2, 3, 6, 11, 12: the instalment of each period, without `accrual`."""
    lent, rates, outstanding = terms.lent, terms.rates, terms.outstanding
    terms.outstanding = None
    fixed = terms.request.get("instalment_minor")
    parts: list[int | None] = [None] * terms.n
    events = [on for on, _ in lent] + [on for on, _ in rates[1:]]
    for first in sorted({0} | {terms.holding(on) for on in events}):
        if first >= terms.n:
            continue
        # Nothing that happens after this period is known yet.
        terms.lent = [one for one in lent if terms.holding(one[0]) <= first]
        terms.rates = [rates[0]] + [one for one in rates[1:] if terms.holding(one[0]) <= first]
        start = max(first, terms.grace)
        if fixed is not None:
            parts[start:] = [fixed] * (terms.n - start)
            continue
        before = rows_of(terms, parts, of_total=True)[first - 1].balance if first else 0
        balance = before + sum(amount for on, amount in terms.lent if terms.holding(on) == first)
        balloon = terms.request.get("balloon_minor", 0)
        ahead = [terms.period_rate(index) for index in range(start, terms.n)]
        e = terms.to_multiple(annuity(balance, ahead, balloon))
        parts[start:] = [e] * (terms.n - start)
        if terms.residue == "spread":
            parts = spread(terms, parts, start, balloon)
    terms.lent, terms.rates, terms.outstanding = lent, rates, outstanding
    return parts


def spread(terms: Terms, parts: list[int | None], start: int, balloon: int) -> list[int | None]:
    """Rule 3."""
    m = terms.n - start

    def gap_of(these: list[int | None]) -> int:
        last, e = rows_of(terms, these, of_total=True)[-1], these[-1]
        assert e is not None
        return last.principal + last.interest - e - balloon

    gap = gap_of(parts)
    for _ in range(3):
        if not (abs(gap) > m // 2 and m // 2 > 0):
            break
        e = parts[-1]
        assert e is not None
        other = terms.to_multiple(Fraction(e + rounded(Fraction(gap, m), terms.mode)))
        if other == e:
            break
        tried = parts[:start] + [other] * m
        gap_tried = gap_of(tried)
        if abs(gap_tried) >= abs(gap):
            break
        parts, gap = tried, gap_tried
    return parts


def annuity_rows(terms: Terms) -> tuple[list[Row], int | None]:
    """`equal_instalment` and `balloon`; rule 14 applies to the rows alone."""
    if terms.open_ended:
        close(terms)
    parts = instalments(terms)
    return rows_of(terms, parts, of_total=True), parts[-1]


def close(terms: Terms) -> None:
    """Without `periods`: leave only the periods until the loan is repaid."""
    fixed = terms.request["instalment_minor"]
    balloon = terms.request.get("balloon_minor", 0)
    balance = 0
    for index in range(terms.n):
        exact = rounded(interest(terms, index, balance), terms.mode)
        balance += sum(amount for on, amount in terms.lent if index == terms.holding(on))
        if index < terms.grace:
            continue
        if balance <= max(0, fixed + balloon - exact) and all(
            on < terms.spans[index].end for on, _ in terms.lent
        ):
            terms.spans = terms.spans[: index + 1]
            return
        balance -= max(0, min(fixed - exact, balance))
    raise NotRepaid


def equal_principal_rows(terms: Terms) -> tuple[list[Row], None]:
    """Rule 5."""
    amortising = terms.n - terms.grace
    part = terms.request.get("principal_instalment_minor")
    if part is None:
        part = terms.to_multiple(Fraction(terms.principal, amortising))
    parts = [None] * terms.grace + [part] * amortising
    return rows_of(terms, parts, of_total=False), None


def interest_only_rows(terms: Terms) -> tuple[list[Row], None]:
    """Rule 5."""
    return rows_of(terms, [None] * terms.n, of_total=False), None


def step_rows(terms: Terms) -> tuple[list[Row], None]:
    """Rule 7; after a grace the formula is that of the amortising periods."""
    weights = [
        number(step["weight"]) for step in terms.request["steps"] for _ in range(step["periods"])
    ]
    rates = [terms.period_rate(index) for index in range(terms.n)]
    first = terms.grace
    value = sum((weights[i] * product(rates[i + 1 :]) for i in range(first, terms.n)), Fraction(0))
    x = terms.principal * product(rates[first:]) / value
    parts = [None] * first + [terms.to_multiple(x * weight) for weight in weights[first:]]
    return rows_of(terms, parts, of_total=True), None


def flat_rows(terms: Terms) -> tuple[list[Row], int]:
    """Rule 8; after a grace what is said of n periods holds for the amortising ones."""
    amortising = terms.n - terms.grace
    rates = [terms.period_rate(index) for index in range(terms.n)]
    exact = [terms.principal * rate for rate in rates]
    interests = [rounded(one, terms.mode) for one in exact]
    if terms.request.get("day_count", "PERIODIC") == "PERIODIC":
        annual = terms.rates[0][1]
        fractions = sum((span.fraction for span in terms.spans), Fraction(0))
        total = rounded(terms.principal * annual * fractions, terms.mode)
        interests[-1] = total - sum(interests[:-1])
        exact[-1] = Fraction(interests[-1])
        share = rounded(Fraction(terms.principal, amortising), terms.mode)
        e = terms.to_multiple(Fraction(share + interests[0]))
    else:
        owed = terms.principal + sum(interests[terms.grace :])
        e = terms.to_multiple(Fraction(owed, amortising))
    rows = []
    balance = terms.principal
    for i, span in enumerate(terms.spans):
        principal = max(0, min(e - interests[i], balance))
        if i < terms.grace:
            principal = 0
        if i == terms.n - 1:
            principal = balance
        balance -= principal
        rows.append(
            Row(i, "instalment", span, rates[i], principal, exact[i], interests[i], balance)
        )
    return rows, e


def lease_rows(terms: Terms) -> tuple[list[Row], int]:
    """Rule 9; the rents begin after a grace, as in rule 2."""
    g = terms.grace
    k = terms.request.get("advance_rents", 0)
    residual = terms.request.get("residual_minor", 0)
    rates = [terms.period_rate(index) for index in range(terms.n)]
    e = terms.request.get("instalment_minor")
    if e is None:
        growth = product(rates[g:])
        value = sum((product(rates[i + 1 :]) for i in range(g, terms.n - k)), Fraction(0))
        e = terms.to_multiple((terms.principal * growth - residual) / (k * growth + value))
    balance = terms.principal
    rows = []
    if k:
        first = terms.spans[0].start
        balance -= k * e
        at = Span(first, first, Fraction(0))
        rows.append(Row(-1, "advance", at, Fraction(0), k * e, Fraction(0), 0, balance))
    for i in range(terms.n - k):
        exact = balance * rates[i]
        own = rounded(exact, terms.mode)
        principal = max(0, min(e - own, balance)) if i >= g else 0
        if i == terms.n - k - 1 and residual == 0:
            principal = balance
        if i == terms.n - 1 and residual > 0:  # k is 0
            principal, own = balance, e + residual - balance
            exact = Fraction(own)
        balance -= principal
        rows.append(Row(i, "instalment", terms.spans[i], rates[i], principal, exact, own, balance))
    if k and residual:
        # Reading: the row is of the last period, number n; interest since then is the rest.
        last = terms.spans[-1]
        own = residual - balance
        rows.append(Row(terms.n - 1, "residual", last, rates[-1], balance, Fraction(own), own, 0))
    return rows, e

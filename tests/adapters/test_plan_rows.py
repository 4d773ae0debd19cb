"""Applications, offers and loans of every plan in their rows, and rows of the first release."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.table import RowCorrupt
from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import NO_PARAMETERS, AddOnChoice, PlanParameters, PlanStep
from lending.domain.loan import open_loan
from lending.domain.records import Instalment, Loan, Offer, Request
from lending.ports.book import Change

from tests.adapters import samples
from tests.adapters.conftest import RawTable
from tests.adapters.samples import APP, AT, LOAN
from tests.fakes.offers import make_offers
from tests.fakes.world import REQUEST

PROFILE = ProfileStore(("cn",)).get("cn", AT.date())
REQUESTS = {
    "step": replace(
        REQUEST,
        plan="step",
        parameters=PlanParameters(steps=(PlanStep(12, "1"), PlanStep(24, "3/2"))),
        add_ons=(AddOnChoice("gap", 100_000, 80_000), AddOnChoice("purchase_tax")),
    ),
    "lease": replace(
        REQUEST,
        product_id="cn-auto-lease",
        plan="lease",
        parameters=PlanParameters(
            residual_minor=3_000_000, advance_rents=2, deposit_minor=1_000_000
        ),
        add_ons=(AddOnChoice("gps"),),
    ),
}


@pytest.fixture
def book(table_name: str) -> DynamoBook:
    return DynamoBook(table_name)


def offer_for(request: Request) -> Offer:
    return make_offers(request, APP, 30_000, PROFILE, AT, ("off_1",))[0]


def loan_for(request: Request) -> Loan:
    application = samples.application(request=request, accepted_offer_id="off_1")
    opened = date(2026, 11, 27)
    return open_loan(application, offer_for(request), "dis-1", LOAN, opened, PROFILE.rounding)


@pytest.mark.parametrize("plan", REQUESTS)
def test_a_plan_with_its_parameters_is_read_back(plan: str, book: DynamoBook) -> None:
    request = REQUESTS[plan]
    offer, loan = offer_for(request), loan_for(request)
    book.commit(replace(samples.opening(request=request), offers=(offer,)))
    book.commit(Change(loan=loan))
    application = book.application(APP)
    assert application is not None
    assert application.request == request
    assert book.offers(APP) == (offer,)
    assert book.loan(LOAN) == loan


def as_before(item: dict[str, Any]) -> dict[str, Any]:
    """A row as the first release wrote it: without what came later."""
    old = {name: value for name, value in item.items() if name not in {"agreed", "plan_name"}}
    if "request" in old:
        request = json.loads(old["request"]["S"])
        del request["parameters"], request["add_ons"]
        old["request"] = {"S": json.dumps(request)}
    if "rows" in old:
        rows = [row[:6] for row in json.loads(old["rows"]["S"])]
        old["rows"] = {"S": json.dumps(rows)}
    return old


def test_rows_of_the_first_release_are_read(book: DynamoBook, raw: RawTable) -> None:
    offer, loan = samples.offer(), samples.loan()
    assert offer.agreed is None
    book.commit(replace(samples.opening(), offers=(offer,)))
    book.commit(Change(loan=loan))
    for item in raw.items():
        raw.put(as_before(item))
    application = book.application(APP)
    assert application is not None
    assert (application.request.parameters, application.request.add_ons) == (NO_PARAMETERS, ())
    assert book.offers(APP) == (offer,)
    assert book.loan(LOAN) == loan
    assert loan.plan_name == "equal_instalment"
    assert loan.plan[0].kind == "instalment"


@pytest.mark.parametrize(
    ("sk", "attribute", "value"),
    [
        ("FILE#OFFER#off_1", "agreed", "{}"),
        ("FILE#OFFER#off_1", "agreed", '{"fees": 1}'),
        ("FILE#OFFER#off_1", "agreed", None),  # the hash does not hold without it
        ("PLAN#0001", "rows", "[[1, 2]]"),
    ],
)
def test_terms_that_were_altered_are_never_used(
    sk: str, attribute: str, value: str | None, book: DynamoBook, raw: RawTable
) -> None:
    book.commit(replace(samples.opening(), offers=(offer_for(REQUESTS["lease"]),)))
    book.commit(Change(loan=loan_for(REQUESTS["lease"])))
    item = {name: kept for name, kept in raw.item(sk).items() if name != attribute}
    raw.put(item if value is None else {**item, attribute: {"S": value}})
    with pytest.raises(RowCorrupt):
        book.loan(LOAN) if sk.startswith("PLAN") else book.offers(APP)


def changed(rows: tuple[Instalment, ...], index: int, **changes: Any) -> tuple[Instalment, ...]:
    return (*rows[:index], replace(rows[index], **changes), *rows[index + 1 :])


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 0},  # numbers rise
        {"due_on": date(2026, 11, 27)},  # and so do due dates
        {"fee_minor": 1},  # the total holds the fee
        {"balance_minor": 1},
    ],
)
def test_a_plan_that_does_not_add_up_is_not_written(
    changes: dict[str, Any], book: DynamoBook, raw: RawTable
) -> None:
    loan = loan_for(REQUESTS["lease"])
    with pytest.raises(RowCorrupt):
        book.commit(Change(loan=replace(loan, plan=changed(loan.plan, 1, **changes))))
    assert raw.items() == []

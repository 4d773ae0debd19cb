"""Extensions of running loans: asked, approved, signed, applied once, or nothing changes."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.keys import loan_timer
from lending.adapters.profiles import ProfileStore
from lending.contracts.events import detail_json
from lending.domain.amending import Amendment
from lending.domain.faults import NotFound, StaleVersion
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Loan
from lending.domain.servicing.booking import Booking, History, book
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.signing import Viewed
from lending.ports.sealing import Seal
from lending.usecases.amend_loan import (
    DecideAmendment,
    ProposeExtension,
    Ruling,
    ViewAmendments,
    Wanted,
    WithdrawAmendment,
)
from lending.usecases.apply_amendment import ApplyAmendment
from lending.usecases.confirm_amendment import ConfirmAmendment, CounterSignAmendment
from lending.usecases.confirm_signature import Signature
from lending.usecases.prepare_amendment import PrepareAmendment, ShowAmendment
from lending.usecases.prepare_contract import Prepared
from lending.usecases.read_contract import Prompted
from lending.usecases.refusal import NotAllowed
from lending.usecases.remind_borrowers import Shard
from lending.usecases.running_loan import RunningLoans
from lending.usecases.verify_contract import Verification, VerifyContract
from lending.usecases.verify_ledger import Verified, VerifyLedger

from tests.fakes.world import OWNER, World
from tests.unit.usecases.test_contract_verdict import FakeExaminer

CUSTOMER = Actor("applicant", OWNER)
OFFICER = Actor("officer", "officer-1")
SIX = Wanted(6, "income_loss")


class Rules(ProfileStore):
    """The market's profile with other rules about extensions or signing."""

    def __init__(self, changes: dict[str, dict[str, Any]]) -> None:
        super().__init__(("cn", "us"))
        self._changes = changes

    def get(self, market: str, on: date) -> MarketProfile:
        profile = super().get(market, on)
        extension = replace(profile.extension, **self._changes.get("extension", {}))
        signing = replace(profile.signing, **self._changes.get("signing", {}))
        return replace(profile, extension=extension, signing=signing)


class Desk:
    """A funded loan of 36 months and everything that amends it."""

    def __init__(self, **changes: dict[str, Any]) -> None:
        world = self.world = World()
        self.application_id = world.funded()
        self.loan_id = world.book.applications[self.application_id].loan_id or ""
        self.money = world.receipts
        self.money.beside_the_loans(world.book.ledger)
        rules = Rules(changes)
        loans = RunningLoans(world.book, self.money, rules)
        self.propose = ProposeExtension(world.book, loans)
        self.decide = DecideAmendment(world.book, loans)
        self.withdraw = WithdrawAmendment(world.book, loans)
        self.prepare = PrepareAmendment(
            world.book, world.vault, loans, world.renderer, world.drafts
        )
        self.show = ShowAmendment(world.book, rules, world.drafts)
        self.confirm = ConfirmAmendment(world.book, loans, world.otp, world.workflow)
        self.countersign = CounterSignAmendment(world.book, loans, world.workflow)
        self.apply = ApplyAmendment(world.book, self.money, loans, world.book.documents)
        self.view = ViewAmendments(world.book)

    @property
    def loan(self) -> Loan:
        return self.world.book.loans[self.loan_id]

    @property
    def today(self) -> date:
        """The day in the market."""
        return (self.world.at + timedelta(hours=8)).date()

    @property
    def amendment(self) -> Amendment:
        return self.world.book.amendments[self.amendment_id]

    @property
    def amendment_id(self) -> str:
        return max(self.world.book.amendments)

    def ask(self, wanted: Wanted = SIX, actor: Actor = CUSTOMER) -> str:
        """The status, or the code of the refusal."""
        done = self.propose(self.loan_id, actor, wanted, self.world.at, lambda _: self.world.key())
        return done.code if isinstance(done, NotAllowed) else done.status

    def approve(self, officer: str = "officer-2", approved: bool = True) -> str:
        done = self.decide(
            self.amendment_id, officer, Ruling(approved), self.world.at, lambda _: self.world.key()
        )
        return done.code if isinstance(done, NotAllowed) else done.status

    def render(self) -> str:
        done = self.prepare(self.amendment_id, OWNER, self.world.at, lambda _: self.world.key())
        return "rendered" if isinstance(done, Prepared) else done.code

    def prompt(self) -> Prompted:
        world, paper = self.world, self.amendment.paper
        assert paper is not None
        world.later(seconds=10)
        viewed = tuple(
            Viewed(one.kind, one.sha256, tuple(range(1, one.pages + 1)), world.at)
            for one in paper.documents
        )
        wanted = ("all_in_cost", "electronic_signature")
        done = world.prompt(
            self.amendment_id, OWNER, viewed, wanted, world.at, lambda _: world.key()
        )
        assert isinstance(done, Prompted), done
        return done

    def sign(self, signature: Signature | None = None) -> str:
        """Read, be prompted, confirm."""
        world = self.world
        wanted = signature or world.signature(self.prompt())
        done = self.confirm(self.amendment_id, OWNER, wanted, world.at, lambda _: world.key())
        return done.code if isinstance(done, NotAllowed) else str(done.paper and done.paper.status)

    def seal(self) -> str:
        return self.world.seal(self.amendment_id, self.world.at)

    def signed(self) -> None:
        """Up to the sealed paper."""
        assert (self.ask(), self.approve(), self.render()) == ("PROPOSED", "APPROVED", "rendered")
        assert (self.sign(), self.seal()) == ("CONFIRMED", "SEALED")

    def extended(self) -> None:
        self.signed()
        assert self.apply(self.amendment_id, self.world.at) == "APPLIED"

    def pay(self, amount_minor: int, name: str = "pay-1", on: date | None = None) -> None:
        terms, before = self.money.terms(self.loan_id), self.money.books(self.loan_id)
        value_on = on or self.today
        made = Transaction(
            name, TransactionKind.PAYMENT, value_on, self.world.at, "CNY", amount_minor
        )
        booking = book(
            terms, before, made, max(value_on, (self.world.at + timedelta(hours=8)).date())
        )
        assert isinstance(booking, Booking), booking
        self.money.commit(self.loan_id, before, booking)

    def owed(self) -> list[tuple[date, int]]:
        terms, account = self.money.terms(self.loan_id), self.money.books(self.loan_id).account
        found = unpaid(terms, account, self.today)
        return [(one.due_on, one.outstanding_minor) for one in found if one.outstanding_minor]

    def proof(self) -> None:
        assert isinstance(VerifyLedger(self.money)(), Verified)


def test_an_extension_goes_from_the_request_to_the_new_plan() -> None:
    desk = Desk()
    before = desk.loan
    desk.pay(before.plan[0].total_minor)
    assert desk.ask() == "PROPOSED"
    assert desk.approve() == "APPROVED"
    assert desk.render() == "rendered"
    assert desk.loan == before  # nothing changes before it is sealed
    assert desk.sign() == "CONFIRMED"
    started = desk.world.workflow.started[f"amendment/{desk.amendment_id}-1"]
    assert started == {"amendment_id": desk.amendment_id}
    assert desk.seal() == "SEALED"
    assert desk.loan == before
    assert desk.apply(desk.amendment_id, desk.world.at) == "APPLIED"
    after = desk.loan
    assert after.term_months == len(after.plan) == before.term_months + 6
    assert after.plan[0] == before.plan[0]
    assert sum(row.principal_minor for row in after.plan) == after.principal_minor  # I7
    assert after.plan[1].total_minor < before.plan[1].total_minor
    assert desk.owed() == [(row.due_on, row.total_minor) for row in after.plan[1:]]
    event = desk.world.book.events[f"{desk.loan_id}-LoanExtended-{desk.amendment_id}"]
    assert event.data["months"] == 6
    for one in desk.world.book.events.values():
        detail_json(one)  # every fact told keeps its contract
    desk.proof()


def test_it_is_applied_once_however_often_it_is_run() -> None:
    desk = Desk()
    desk.extended()
    loan, commits = desk.loan, desk.money.commits
    for _ in range(2):
        assert desk.seal() == "SEALED"
        assert desk.apply(desk.amendment_id, desk.world.at) == "APPLIED"
    assert (desk.loan, desk.money.commits) == (loan, commits)
    assert desk.world.sealer.seals == 2  # the contract and its amendment


def test_what_was_signed_before_is_kept_longer_too() -> None:
    desk = Desk()
    kept = desk.world.book.documents.kept
    desk.extended()
    ends_on = desk.loan.plan[-1].due_on
    assert len(kept) == 3  # contract, cost sheet, amendment
    assert {one.retain_until for one in kept.values()} == {ends_on.replace(year=ends_on.year + 5)}


def test_due_dates_and_reminders_follow_the_new_plan() -> None:
    desk = Desk()
    desk.extended()
    first = desk.loan.plan[0]
    world = desk.world
    profile_day = first.due_on - timedelta(days=7)
    shard = int(loan_timer(desk.loan_id, first.due_on).shard.rsplit("#", 1)[1])
    world.later(days=(profile_day - world.at.date()).days)
    world.remind(Shard("cn", shard, profile_day), world.at)
    reminder = world.book.reminders[desk.loan_id, "T-7", first.due_on]
    assert reminder.amount_minor == first.total_minor


def test_a_payment_before_the_signature_asks_for_a_new_paper() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    prompted = desk.prompt()
    desk.pay(100_000)
    before = desk.loan
    assert desk.sign(desk.world.signature(prompted)) == "loan_changed"
    assert (desk.amendment.stale, desk.amendment.status) == ("loan_changed", "APPROVED")
    assert desk.loan == before
    desk.world.later(seconds=60)
    assert desk.render() == "rendered"
    assert (desk.sign(), desk.seal()) == ("CONFIRMED", "SEALED")
    assert desk.apply(desk.amendment_id, desk.world.at) == "APPLIED"
    owed = dict(desk.owed())
    first = desk.loan.plan[0]
    assert owed[first.due_on] == first.total_minor - 100_000  # the money is not lost
    desk.proof()


def test_a_payment_after_the_seal_leaves_the_loan_as_it_was() -> None:
    desk = Desk()
    desk.signed()
    desk.pay(100_000)
    before = desk.loan
    assert desk.apply(desk.amendment_id, desk.world.at) == "STALE"
    assert desk.apply(desk.amendment_id, desk.world.at) == "STALE"
    assert (desk.loan, desk.money.terms(desk.loan_id).later) == (before, ())
    paper = desk.amendment.paper
    assert paper is not None
    assert (paper.status, paper.round) == ("VOID", 1)
    desk.world.later(seconds=60)
    assert desk.render() == "rendered"
    assert (desk.sign(), desk.seal()) == ("CONFIRMED", "SEALED")
    assert desk.apply(desk.amendment_id, desk.world.at) == "APPLIED"
    kept = [one.document_id for one in desk.world.book.documents.kept.values()]
    assert [one[-2:] for one in sorted(kept) if one.startswith("extension")] == ["v1", "v2"]


def test_a_due_date_that_passes_asks_for_a_new_paper() -> None:
    desk = Desk(extension={"expires_days": 60})
    desk.signed()
    desk.world.later(days=32)
    assert desk.apply(desk.amendment_id, desk.world.at) == "STALE"


def test_a_payment_at_the_same_moment_is_never_lost() -> None:
    desk = Desk()
    desk.signed()
    desk.money.stale = 1
    with pytest.raises(StaleVersion):
        desk.apply(desk.amendment_id, desk.world.at)
    assert desk.amendment.status == "APPROVED"
    assert desk.apply(desk.amendment_id, desk.world.at) == "APPLIED"


def test_a_return_of_a_payment_after_the_extension_is_owed_under_the_new_plan() -> None:
    desk = Desk()
    first = desk.loan.plan[0]
    desk.pay(first.total_minor)
    desk.extended()
    terms, before = desk.money.terms(desk.loan_id), desk.money.books(desk.loan_id)
    undone = Transaction(
        "back-1",
        TransactionKind.REVERSAL,
        desk.today,
        desk.world.at,
        "CNY",
        first.total_minor,
        of="pay-1",
    )
    history = History(
        tuple(desk.money.transactions(desk.loan_id)), tuple(desk.money.journals(desk.loan_id))
    )
    booking = book(terms, before, undone, desk.today, history)
    assert isinstance(booking, Booking)
    desk.money.commit(desk.loan_id, before, booking)
    assert desk.owed()[0] == (first.due_on, first.total_minor)
    desk.proof()


def test_a_second_extension_is_refused_by_its_rule() -> None:
    desk = Desk()
    desk.extended()
    assert desk.ask() == "extension_max_count"


@pytest.mark.parametrize(
    ("months", "code"), [(19, "extension_ratio"), (0, "invalid_field"), (121, "invalid_field")]
)
def test_more_than_the_rules_allow_is_refused_by_name(months: int, code: str) -> None:
    assert Desk().ask(Wanted(months, "income_loss")) == code


def test_the_products_longest_term_holds_with_extensions() -> None:
    desk = Desk()
    desk.world.book.applications[desk.application_id] = replace(
        desk.world.book.applications[desk.application_id],
        request=replace(
            desk.world.book.applications[desk.application_id].request, product_id="cn-auto-used"
        ),
    )
    assert desk.ask() == "extension_max_total_months"


def test_who_is_late_is_not_extended() -> None:
    desk = Desk()
    desk.world.later(days=45)
    assert desk.ask() == "extension_arrears"


def test_arrears_within_the_limit_stay_owed() -> None:
    desk = Desk(extension={"max_delinquent_days": 30})
    first = desk.loan.plan[0]
    desk.world.later(days=(first.due_on - desk.world.at.date()).days + 10)
    desk.extended()
    assert desk.owed()[0] == (first.due_on, first.total_minor)
    assert len(desk.owed()) == 42


def test_a_loan_that_is_not_live_is_not_extended() -> None:
    desk = Desk()
    desk.world.book.loans[desk.loan_id] = replace(desk.loan, status="CANCELLED")
    assert desk.ask() == "loan_not_live"


def test_one_amendment_is_open_at_a_time() -> None:
    desk = Desk()
    assert desk.ask() == "PROPOSED"
    assert desk.ask() == "amendment_open"
    assert desk.approve(approved=False) == "DECLINED"
    assert desk.ask() == "PROPOSED"
    assert [one.status for one in desk.view(desk.loan_id, OWNER)] == ["DECLINED", "PROPOSED"]


def test_no_extension_while_another_application_is_open() -> None:
    desk = Desk()
    desk.world.submitted()
    assert desk.ask() == "application_open"


def test_an_unknown_reason_is_refused() -> None:
    assert Desk().ask(Wanted(6, "#read(1)")) == "invalid_field"


def test_somebody_elses_loan_does_not_exist() -> None:
    desk = Desk()
    with pytest.raises(NotFound):
        desk.ask(actor=Actor("applicant", "other"))
    assert desk.ask() == "PROPOSED"
    with pytest.raises(NotFound):
        desk.view(desk.loan_id, "other")
    with pytest.raises(NotFound):
        desk.prepare(desk.amendment_id, "other", desk.world.at, lambda _: desk.world.key())
    with pytest.raises(NotFound):
        desk.withdraw(desk.amendment_id, "other", desk.world.at, lambda _: desk.world.key())


def test_four_eyes_on_what_staff_propose() -> None:
    desk = Desk()
    assert desk.ask(actor=OFFICER) == "PROPOSED"
    assert desk.approve("officer-1") == "four_eyes"
    assert desk.render() == "illegal_state"
    assert desk.approve("officer-2") == "APPROVED"
    assert desk.approve("officer-3") == "illegal_state"


def test_policy_may_leave_short_extensions_to_the_rules() -> None:
    desk = Desk(extension={"approval_above_months": 6})
    assert desk.ask() == "APPROVED"
    assert desk.amendment.decided_by == "policy"


def test_what_stopped_to_be_allowed_is_not_approved() -> None:
    desk = Desk()
    assert desk.ask() == "PROPOSED"
    desk.world.later(days=45)
    assert desk.approve() == "extension_arrears"


def test_withdrawn_until_the_last_signature() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    before, world = desk.loan, desk.world
    done = desk.withdraw(desk.amendment_id, OWNER, world.at, lambda _: world.key())
    assert isinstance(done, Amendment)
    assert (done.status, desk.loan) == ("WITHDRAWN", before)
    again = desk.withdraw(desk.amendment_id, OWNER, world.at, lambda _: world.key())
    assert isinstance(again, NotAllowed)
    other = Desk()
    other.signed()
    late = other.withdraw(other.amendment_id, OWNER, world.at, lambda _: other.world.key())
    assert isinstance(late, NotAllowed)


def test_nobody_signs_what_expired_and_the_sweep_ends_it() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    before, prompted = desk.loan, desk.prompt()
    desk.world.later(days=8)
    assert desk.sign(desk.world.signature(prompted)) == "illegal_state"
    assert desk.render() == "illegal_state"
    assert desk.world.sweep(desk.world.at).expired == 1
    assert (desk.amendment.status, desk.loan) == ("EXPIRED", before)


def test_the_sweep_starts_what_was_signed_and_forgotten() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    prompted = desk.prompt()
    desk.world.workflow.down = True
    assert desk.sign(desk.world.signature(prompted)) == "CONFIRMED"
    desk.world.workflow.down = False
    assert desk.world.sweep(desk.world.at).restarted == 0  # a healthy workflow is given its time
    desk.world.later(minutes=3)
    assert desk.world.sweep(desk.world.at).restarted == 1
    assert any(one.startswith("amendment/") for one in desk.world.workflow.started)


def test_a_code_for_the_contract_opens_no_amendment() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    prompted, otp = desk.prompt(), desk.world.otp
    signature = desk.world.signature(prompted)
    assert desk.sign(replace(signature, document_sha256="0" * 64)) == "document_changed"
    paper = desk.amendment.paper
    assert paper is not None
    signer = paper.signers[0]
    bound = {
        "code": signature.code,
        "person": signer.customer_id,
        "document_sha256": signature.document_sha256,
        "otp_id": signature.otp_id,
    }
    assert signer.otp is not None
    assert otp.verify(signer.otp.mac, purpose="sign_amendment", **bound)
    assert not otp.verify(signer.otp.mac, purpose="sign_contract", **bound)
    assert desk.sign(replace(signature, code="000000")) == "otp_wrong"
    assert desk.sign(signature) == "CONFIRMED"


def test_rendering_again_voids_the_code() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    signature = desk.world.signature(desk.prompt())
    assert desk.render() == "rendered"
    assert desk.sign(signature) == "otp_missing"


def test_the_lender_signs_last_where_policy_wants_it() -> None:
    desk = Desk(signing={"countersign_above_minor": 1})
    assert (desk.ask(), desk.approve("officer-2"), desk.render()) == (
        "PROPOSED",
        "APPROVED",
        "rendered",
    )
    assert desk.sign() == "RENDERED"
    assert desk.seal() == "RENDERED"  # not before everybody signed
    paper, world = desk.amendment.paper, desk.world
    assert paper is not None

    def countersign(officer: str, sha256: str) -> str:
        done = desk.countersign(desk.amendment_id, officer, sha256, world.at, lambda _: world.key())
        return done.code if isinstance(done, NotAllowed) else str(done.paper and done.paper.status)

    assert countersign("officer-2", paper.document_sha256) == "four_eyes"
    assert countersign("officer-3", "0" * 64) == "document_changed"
    assert countersign("officer-3", paper.document_sha256) == "CONFIRMED"
    assert desk.seal() == "SEALED"
    assert desk.apply(desk.amendment_id, world.at) == "APPLIED"


def test_the_paper_is_shown_with_fresh_links_and_what_it_changes() -> None:
    desk = Desk()
    assert (desk.ask(), desk.approve(), desk.render()) == ("PROPOSED", "APPROVED", "rendered")
    shown = desk.show(desk.amendment_id, OWNER, desk.world.at)
    assert isinstance(shown, Prepared)
    assert list(shown.links) == ["extension_amendment"]
    data = desk.world.renderer.inputs[-1].data
    assert [code for code, *_ in data["changes"]] == [
        "term",
        "remaining_term",
        "last_due_on",
        "instalment",
        "total_interest",
        "total_paid",
    ]


def test_the_evidence_says_what_was_amended_and_by_whom_it_was_approved() -> None:
    desk = Desk()
    desk.extended()
    name = f"contracts/{desk.amendment_id}/1/evidence.json"
    told = json.loads(desk.world.archive.kept[name])
    assert told["amendment"] == {
        "loan_id": desk.loan_id,
        "number": 1,
        "months": 6,
        "reason": "income_loss",
        "effective_on": desk.today.isoformat(),
        "books_sha256": desk.amendment.base_sha256,
        "proposed_by": "applicant",
        "approved_by": "officer-2",
    }
    assert [one["purpose"] for one in told["signers"]] == ["sign_amendment"]


def verdict(desk: Desk, owner: str | None = OWNER) -> Verification:
    """What is said of the amendment's paper, its document answering every question with yes."""
    paper = desk.amendment.paper
    assert paper is not None
    assert paper.archived is not None
    evidence = paper.archived.evidence_sha256
    seal = Seal(paper.contract_id, paper.terms_sha256, evidence, (), desk.world.at)
    verify = VerifyContract(desk.world.book, desk.world.archive, lambda: FakeExaminer(seal))
    told = verify(desk.amendment_id, owner, desk.world.at)
    assert isinstance(told, Verification), told
    return told


def test_a_paper_that_never_came_into_force_is_not_valid_whatever_its_seal_says() -> None:
    desk = Desk()
    desk.signed()
    waits = verdict(desk).verdict
    assert (waits.verdict, waits.reasons) == ("VALID", ())
    desk.pay(100_000)
    assert desk.apply(desk.amendment_id, desk.world.at) == "STALE"
    void = verdict(desk, None).verdict
    assert void.verdict == "INVALID"
    assert [one.check for one in void.findings if one.ok is False] == ["in_force"]
    with pytest.raises(NotFound):
        verdict(desk, "other")
    other = Desk()
    other.extended()
    checks = {one.check for one in verdict(other).verdict.findings if one.ok}
    assert {"in_force", "document_shown", "evidence", "terms", "whole_file"} <= checks


def drawn_up_desk() -> Desk:
    """A desk with an approved amendment whose paper lies there to be read."""
    desk = Desk()
    desk.ask()
    if desk.amendment.status == "PROPOSED":
        desk.approve()
    assert desk.render() == "rendered"
    return desk


def test_the_steps_of_a_contract_take_no_amendment_and_leave_the_contract_as_it_is() -> None:
    """The code is right; were the id taken, the paper would be kept in the contract's place."""
    desk = drawn_up_desk()
    world, before = desk.world, desk.world.book.contracts[desk.application_id]
    signature = world.signature(desk.prompt())
    with pytest.raises(NotFound):
        world.confirm(desk.amendment_id, OWNER, signature, world.at, lambda _: world.key())
    assert world.book.contracts[desk.application_id] == before
    assert desk.sign(signature) == "CONFIRMED"


def test_the_steps_of_an_amendment_take_no_contract() -> None:
    desk = drawn_up_desk()
    world, of = desk.world, desk.application_id
    signature = Signature("otp_1", "000000", "0" * 64)
    key = world.key
    for step in (
        lambda: desk.prepare(of, OWNER, world.at, lambda _: key()),
        lambda: desk.show(of, OWNER, world.at),
        lambda: desk.confirm(of, OWNER, signature, world.at, lambda _: key()),
        lambda: desk.countersign(of, "officer-3", "0" * 64, world.at, lambda _: key()),
        lambda: desk.withdraw(of, OWNER, world.at, lambda _: key()),
        lambda: desk.decide(of, "officer-3", Ruling(True), world.at, lambda _: key()),
    ):
        with pytest.raises(NotFound):
            step()


@pytest.mark.parametrize("number", ["01", "+1", "-1", "0", "", "²", "1_", "9" * 5_000, "1e0"])
def test_an_amendment_has_one_id_and_whatever_else_is_written_is_not_there(number: str) -> None:
    desk = drawn_up_desk()
    world = desk.world
    amendment_id = f"{desk.amendment_id.rpartition('_')[0]}_{number}"
    with pytest.raises(NotFound):
        desk.show(amendment_id, OWNER, world.at)
    with pytest.raises(NotFound):
        desk.withdraw(amendment_id, OWNER, world.at, lambda _: world.key())

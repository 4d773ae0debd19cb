"""Accept, read, sign, release: bound by hashes, guarded by codes and by a second person."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lending.domain.faults import NotFound, PartnerUnavailable, Permanent, StaleVersion
from lending.domain.profile import MarketProfile
from lending.domain.records import State
from lending.domain.signing import Signer
from lending.ports.profiles import Profiles
from lending.usecases.confirm_signature import Signature
from lending.usecases.name_signers import Named
from lending.usecases.refusal import NotAllowed
from lending.usecases.review_application import Verdict

from tests.fakes.world import AT, OWNER, SUBMISSION, VEHICLE, World, officer, ok

BIG = replace(
    SUBMISSION,
    request=replace(
        SUBMISSION.request,
        amount_minor=60_000_000,
        down_payment_minor=40_000_000,
        vehicle=replace(VEHICLE, price_minor=100_000_000),
    ),
    applicant=replace(SUBMISSION.applicant, income_monthly_minor=20_000_000),
)


def confirm(world: World, application_id: str, wanted: Signature, owner: str = OWNER) -> str:
    done = world.confirm(application_id, owner, wanted, world.at, lambda _: world.key())
    return done.code if isinstance(done, NotAllowed) else done.state.value


def prompt_code(
    world: World, application_id: str, viewed: Any = None, disclosures: Any = None
) -> str:
    pages = world.read(application_id) if viewed is None else viewed
    wanted = ("all_in_cost", "electronic_signature") if disclosures is None else disclosures
    done = world.prompt(application_id, OWNER, pages, wanted, world.at, lambda _: world.key())
    return done.code if isinstance(done, NotAllowed) else "sent"


def test_an_offer_is_accepted_once_by_its_owner_with_the_cost_sheet_confirmed() -> None:
    world = World()
    application_id = world.decided()
    offer = world.book.offers(application_id)[0]
    with pytest.raises(NotFound):
        world.accept(application_id, "other", offer.offer_id, True, AT, lambda _: world.key())
    for offer_id, confirmed, code in (
        (offer.offer_id, False, "invalid_field"),
        ("off_unknown", True, "invalid_field"),
    ):
        no = world.accept(application_id, OWNER, offer_id, confirmed, AT, lambda _: world.key())
        assert isinstance(no, NotAllowed)
        assert no.code == code
    late = world.accept(
        application_id, OWNER, offer.offer_id, True, offer.expires_at, lambda _: world.key()
    )
    assert isinstance(late, NotAllowed)
    assert late.code == "offer_expired"
    ok(world.accept(application_id, OWNER, offer.offer_id, True, AT, lambda _: world.key()))
    again = world.accept(application_id, OWNER, offer.offer_id, True, AT, lambda _: world.key())
    assert isinstance(again, NotAllowed)
    assert again.code == "illegal_state"


def test_the_contract_is_bound_to_the_offer_and_kept_before_it_is_shown() -> None:
    world = World()
    application_id = world.accepted()
    done = world.rendered(application_id)
    offer = world.book.offers(application_id)[0]
    assert done.contract.terms_sha256 == offer.terms_sha256
    assert {one.kind for one in done.contract.documents} == {"contract", "cost_sheet"}
    for one in done.contract.documents:
        pdf = world.drafts.get(one.name, one.object_version)
        assert hashlib.sha256(pdf).hexdigest() == one.sha256
        assert one.name in done.links[one.kind]
    assert (done.contract.status, world.state(application_id)) == ("RENDERED", State.CONTRACTING)
    assert not world.messenger.sent


def test_an_unprintable_name_is_named_and_nothing_is_rendered() -> None:
    world = World()
    application_id = world.accepted()
    world.renderer.unprintable = True
    no = world.prepare(application_id, OWNER, world.at, lambda _: world.key())
    assert isinstance(no, NotAllowed)
    assert (no.code, world.state(application_id)) == ("unprintable", State.OFFER_ACCEPTED)


def test_no_code_before_every_page_was_read_every_disclosure_acknowledged_and_time_passed() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    assert prompt_code(world, application_id, viewed=()) == "documents_unread"
    assert prompt_code(world, application_id, world.read(application_id)[:1]) == "documents_unread"
    assert prompt_code(world, application_id, disclosures=("all_in_cost",)) == "disclosures_unread"
    assert prompt_code(world, application_id, disclosures=("all_in_cost", "x")) == "invalid_field"
    other = (replace(world.read(application_id)[0], sha256="0" * 64),)
    assert prompt_code(world, application_id, viewed=other) == "invalid_field"
    page = (replace(world.read(application_id)[0], pages=(2,)),)
    assert prompt_code(world, application_id, viewed=page) == "invalid_field"
    world.later(seconds=9)
    assert prompt_code(world, application_id) == "reading_too_short"
    world.later(seconds=1)
    assert prompt_code(world, application_id) == "sent"
    assert world.book.contracts[application_id].status == "OTP_SENT"


def test_pages_may_be_reported_one_by_one_and_are_kept_with_their_times() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    for one in world.read(application_id):
        done = world.views(application_id, OWNER, (one,), lambda _: world.key())
        assert not isinstance(done, NotAllowed)
    assert world.book.contracts[application_id].status == "VIEWED"
    world.later(seconds=10)
    assert prompt_code(world, application_id, viewed=()) == "sent"
    (signer,) = world.book.contracts[application_id].signers
    assert [one.at for one in signer.viewed] == [AT, AT]
    assert signer.acknowledged_at == world.at


def test_a_stage_where_nobody_reads_records_the_time_and_does_not_wait() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    world.prompt = replace(world.prompt, enforce_reading=False)
    assert prompt_code(world, application_id) == "sent"


def test_the_code_goes_to_the_phone_and_nowhere_else() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    message = world.messenger.sent[prompted.otp.otp_id]
    assert "123456" in message["text"]
    assert message["to"] == "13900001234"
    assert prompted.otp.sent_to == "*******1234"
    assert "123456" not in repr(world.book.contracts)


def test_a_gateway_that_is_down_leaves_nothing_behind_and_may_be_tried_at_once() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    world.later(seconds=10)
    world.messenger.down = True
    with pytest.raises(PartnerUnavailable):
        prompt_code(world, application_id)
    assert world.book.contracts[application_id].status == "RENDERED"
    world.messenger.down = False
    assert prompt_code(world, application_id) == "sent"


def test_a_new_code_is_sent_after_a_while_replaces_the_old_and_codes_run_out() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    first = world.prompted(application_id)
    world.later(seconds=30)
    assert prompt_code(world, application_id) == "otp_too_soon"
    world.later(seconds=30)
    second = world.prompted(application_id)
    assert confirm(world, application_id, world.signature(first)) == "otp_replaced"
    for _ in range(8):
        world.later(seconds=61)
        assert prompt_code(world, application_id) == "sent"
    world.later(seconds=61)
    assert prompt_code(world, application_id) == "otps_used_up"
    assert confirm(world, application_id, world.signature(second)) == "otp_replaced"


def test_rendering_again_voids_the_code_and_what_was_read() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    first = world.prompted(application_id)
    world.later(seconds=61)
    again = world.rendered(application_id)
    assert (again.contract.round, again.contract.status) == (2, "RENDERED")
    assert confirm(world, application_id, world.signature(first)) == "otp_replaced"
    assert prompt_code(world, application_id, viewed=()) == "documents_unread"
    prompted = world.prompted(application_id)
    assert prompted.contract.signers[0].otps_sent == 2
    assert confirm(world, application_id, world.signature(prompted)) == "CONDITIONS_PENDING"


def test_wrong_codes_are_counted_and_lock() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    wrong = world.signature(prompted, "000000")
    assert [confirm(world, application_id, wrong) for _ in range(5)] == ["otp_wrong"] * 5
    assert confirm(world, application_id, world.signature(prompted)) == "otp_locked"
    assert world.state(application_id) == State.CONTRACTING


def test_a_code_expires_and_covers_exactly_one_document() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    other = replace(world.signature(prompted), document_sha256="0" * 64)
    assert confirm(world, application_id, other) == "document_changed"
    world.later(seconds=300)
    assert confirm(world, application_id, world.signature(prompted)) == "otp_expired"


def test_without_a_code_nothing_is_signed_and_nobody_else_may() -> None:
    world = World()
    application_id = world.accepted()
    done = world.rendered(application_id)
    guess = Signature("otp_x", "123456", done.contract.document_sha256)
    assert confirm(world, application_id, guess) == "otp_missing"
    with pytest.raises(NotFound):
        confirm(world, application_id, guess, owner="somebody-else")
    with pytest.raises(NotFound):
        world.views(application_id, "somebody-else", (), lambda _: world.key())


def test_a_code_of_another_application_opens_nothing() -> None:
    world = World()
    one, other = world.accepted(), world.accepted()
    for application_id in (one, other):
        world.rendered(application_id)
    prompted, strange = world.prompted(one), world.prompted(other)
    wanted = replace(world.signature(strange), document_sha256=prompted.contract.document_sha256)
    assert confirm(world, one, wanted) == "otp_replaced"


GUARANTOR = Named(
    "guarantor", "sub-2", "李四", "cn_id", "990202200106301231", "+86 139 0000 9999", "zh-CN"
)


def naming(world: World, application_id: str, *people: Named) -> str:
    done = world.name_signers(application_id, OWNER, people, world.at, lambda _: world.key())
    return done.code if isinstance(done, NotAllowed) else done.status


def with_guarantor(world: World) -> str:
    """A guarantor was named: they sign after the borrower, on a phone of their own."""
    application_id = world.accepted()
    world.rendered(application_id)
    assert naming(world, application_id, GUARANTOR) == "VOID"
    world.later(seconds=10)
    assert prompt_code(world, application_id) == "illegal_state"
    world.rendered(application_id)
    return application_id


def test_who_signs_too_is_checked_and_cannot_change_what_is_known_of_them() -> None:
    world = World()
    application_id = world.accepted()
    assert naming(world, application_id, GUARANTOR) == "illegal_state"
    world.rendered(application_id)
    for wrong in (
        replace(GUARANTOR, subject=OWNER),
        replace(GUARANTOR, id_no="990202200106301232"),
        replace(GUARANTOR, mobile="12"),
        replace(GUARANTOR, id_type="us_ssn"),
    ):
        assert naming(world, application_id, wrong) == "invalid_field"
    assert naming(world, application_id, GUARANTOR, GUARANTOR) == "invalid_field"
    assert naming(world, application_id, GUARANTOR) == "VOID"
    assert world.vault.find("id_no", GUARANTOR.id_no) is None
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    assert confirm(world, application_id, world.signature(prompted)) == "CONTRACTING"
    assert naming(world, application_id) == "already_signing"


def test_several_sign_in_order_each_with_a_code_of_their_own() -> None:
    world = World()
    application_id = with_guarantor(world)
    (parties,) = [one.data["parties"] for one in world.renderer.inputs[-2:-1]]
    assert "李四" in repr(parties)
    early = world.prompt(application_id, "sub-2", (), (), world.at, lambda _: world.key())
    assert isinstance(early, NotAllowed)
    assert early.code == "not_your_turn"
    first = world.prompted(application_id)
    assert confirm(world, application_id, world.signature(first), "sub-2") == "not_your_turn"
    assert confirm(world, application_id, world.signature(first)) == "CONTRACTING"
    assert world.seal(application_id, world.at) == "CONTRACTING"
    second = world.prompted(application_id, "sub-2")
    assert world.messenger.sent[second.otp.otp_id]["to"] == "13900009999"
    assert confirm(world, application_id, world.signature(first), "sub-2") == "otp_replaced"
    assert confirm(world, application_id, world.signature(second), "sub-2") == "CONDITIONS_PENDING"
    assert world.seal(application_id, world.at) == "SEALED"
    evidence = next(data for name, data in world.archive.kept.items() if "evidence" in name)
    roles = [one["role"] for one in json.loads(evidence)["signers"]]
    assert roles == ["borrower", "guarantor"]


class _Countersigned:
    """The market's rules, with a limit above which the lender signs by a person."""

    def __init__(self, rules: Profiles, above_minor: int) -> None:
        self._rules, self._above_minor = rules, above_minor
        self.markets, self.calendar = rules.markets, rules.calendar

    def get(self, market: str, on: date) -> MarketProfile:
        profile = self._rules.get(market, on)
        signing = replace(profile.signing, countersign_above_minor=self._above_minor)
        return replace(profile, signing=signing)


@pytest.mark.parametrize(("above_minor", "who"), [(11_999_999, "lender"), (12_000_000, None)])
def test_policy_says_above_what_amount_the_lender_signs_by_a_person(
    above_minor: int, who: str | None
) -> None:
    world = World()
    world.prepare = replace(
        world.prepare, profiles=_Countersigned(world.prepare.profiles, above_minor)
    )
    application_id = world.accepted()
    for _ in range(2):  # rendering again keeps it one
        signers = world.rendered(application_id).contract.signers
        assert [one.role for one in signers] == ["borrower", *([who] if who else [])]
    prompted = world.prompted(application_id)
    wanted = "CONTRACTING" if who else "CONDITIONS_PENDING"
    assert confirm(world, application_id, world.signature(prompted)) == wanted


def test_a_contract_nobody_signed_expires_by_its_timer_and_its_code_opens_nothing() -> None:
    world = World()
    application_id = world.accepted()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    world.rendered(application_id)
    assert world.sweep(world.later(days=6, hours=23)).expired == 0
    prompted = world.prompted(application_id)
    assert world.sweep(world.later(hours=2)).expired == 1
    assert world.state(application_id) == State.EXPIRED
    assert world.workflow.answers["token-1"]["outcome"] == "EXPIRED"
    assert confirm(world, application_id, world.signature(prompted)) == "illegal_state"
    assert prompt_code(world, application_id) == "illegal_state"
    assert world.seal(application_id, world.at) == "EXPIRED"
    assert not world.archive.kept


@pytest.mark.parametrize("first", ["123456", "000000"], ids=["right", "wrong"])
def test_of_two_confirmations_at_once_one_counts(first: str) -> None:
    """The second read the contract before the first was written: it is told to read again."""
    world = World()
    application_id = world.accepted()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    late = replace(world.confirm, book=_Before(world.book, application_id))
    one = confirm(world, application_id, world.signature(prompted, first))
    is_right = first == "123456"
    assert one == ("CONDITIONS_PENDING" if is_right else "otp_wrong")
    with pytest.raises(StaleVersion):
        late(application_id, OWNER, world.signature(prompted), AT, lambda _: world.key())
    (signer,) = world.book.contracts[application_id].signers
    assert signer.otp is not None
    assert signer.otp.attempts == (0 if is_right else 1)
    assert len(world.workflow.answers) == (1 if is_right else 0)
    again = confirm(world, application_id, world.signature(prompted))
    assert again == ("illegal_state" if is_right else "CONDITIONS_PENDING")


class _Before:
    """A reader that sees an application as it was when this was made."""

    def __init__(self, book: Any, application_id: str) -> None:
        self._file, self.commit = book.file(application_id), book.commit

    def file(self, _: str) -> Any:
        return self._file


def test_the_lender_countersigns_last_and_never_the_one_who_approved() -> None:
    world = World()
    application_id = world.decided(pd_ppm=150_000)
    by = officer("officer-1", "senior_underwriter")
    ok(world.review(application_id, Verdict("APPROVED", (), ""), by, AT, lambda _: world.key()))
    world.accept_first(application_id)
    world.rendered(application_id)
    contract = world.book.contracts[application_id]
    lender = Signer("lender", "", "")
    world.book.contracts[application_id] = replace(contract, signers=(*contract.signers, lender))
    sha256 = contract.document_sha256

    def countersigned(who: str, document: str = sha256) -> str:
        done = world.countersign(application_id, who, document, world.at, lambda _: world.key())
        return done.code if isinstance(done, NotAllowed) else done.state.value

    assert countersigned("officer-2") == "not_your_turn"
    prompted = world.prompted(application_id)
    assert confirm(world, application_id, world.signature(prompted)) == "CONTRACTING"
    assert countersigned("officer-1") == "four_eyes"
    assert countersigned("officer-2", "0" * 64) == "document_changed"
    assert countersigned("officer-2") == "CONDITIONS_PENDING"
    assert countersigned("officer-3") == "illegal_state"
    assert world.seal(application_id, world.at) == "SEALED"


def test_signing_wakes_the_workflow_and_is_done_once() -> None:
    world = World()
    application_id = world.accepted()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    assert confirm(world, application_id, world.signature(prompted)) == "CONDITIONS_PENDING"
    assert world.workflow.answers["token-1"]["outcome"] == "SIGNED"
    assert confirm(world, application_id, world.signature(prompted)) == "illegal_state"


def test_a_signature_stands_when_the_engine_is_down_and_the_sweeper_wakes_the_workflow() -> None:
    world = World()
    application_id = world.accepted()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    world.rendered(application_id)
    prompted = world.prompted(application_id)
    world.workflow.down = True
    assert confirm(world, application_id, world.signature(prompted)) == "CONDITIONS_PENDING"
    world.workflow.down = False
    assert world.sweep(world.later(minutes=1)).resumed == 1
    assert world.workflow.answers["token-1"]["outcome"] == "SIGNED"


def test_small_loans_are_released_by_rule_and_again_changes_nothing() -> None:
    world = World()
    application_id = world.signed()
    assert world.release(application_id, AT) == "READY"
    assert world.release(application_id, AT) == "READY"
    assert world.state(application_id) == State.READY_TO_FUND
    refused = world.release_held(application_id, True, "operator-1", AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)


@pytest.mark.parametrize(
    ("approved", "state"), [(True, State.READY_TO_FUND), (False, State.REVOKED)]
)
def test_large_loans_are_held_for_a_second_person(approved: bool, state: State) -> None:
    world = World()
    world.valuation.minor = 100_000_000
    application_id = world.signed(BIG)
    assert world.release(application_id, AT) == "HELD"
    world.workflow.tokens.add("held")
    assert world.park(application_id, "release", "held", AT) is False
    ok(world.release_held(application_id, approved, "operator-1", AT, lambda _: world.key()))
    assert world.state(application_id) == state
    wanted = "READY" if approved else "REVOKED"
    assert world.workflow.answers["held"]["outcome"] == wanted
    assert world.release(application_id, AT) == wanted


def test_nobody_releases_what_they_approved() -> None:
    world = World()
    world.valuation.minor = 100_000_000
    application_id = world.decided(pd_ppm=150_000, submission=BIG)
    verdict = Verdict("APPROVED", (), "")
    ok(
        world.review(
            application_id,
            verdict,
            officer("officer-1", "senior_underwriter"),
            AT,
            lambda _: world.key(),
        )
    )
    world.sign(application_id)
    refused = world.release_held(application_id, True, "officer-1", AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert refused.code == "four_eyes"


def test_terms_that_were_not_signed_are_never_released() -> None:
    world = World()
    application_id = world.signed()
    contract = world.book.contracts[application_id]
    for changed in (
        replace(contract, terms_sha256="0" * 64),
        replace(contract, status="CONFIRMED"),
        replace(contract, archived=None),
    ):
        world.book.contracts[application_id] = changed
        with pytest.raises(Permanent):
            world.release(application_id, AT)
        assert world.state(application_id) == State.CONDITIONS_PENDING

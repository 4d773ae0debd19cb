"""Accept, render, sign, release: bound by hashes, guarded by codes and by a second person."""

from dataclasses import replace

import pytest
from lending.domain.faults import NotFound, PartnerUnavailable, Permanent
from lending.domain.records import State
from lending.usecases.confirm_signature import Signature
from lending.usecases.prepare_contract import Prepared
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


def accepted(world: World) -> str:
    application_id = world.decided()
    offer = world.book.offers(application_id)[0]
    ok(world.accept(application_id, OWNER, offer.offer_id, True, world.at, lambda _: world.key()))
    return application_id


def prepared(world: World, application_id: str) -> Prepared:
    done = world.prepare(application_id, OWNER, world.at, lambda _: world.key())
    assert isinstance(done, Prepared), done
    return done


def signature(done: Prepared, code: str = "123456") -> Signature:
    return Signature(done.contract.otp_id, code, done.contract.document_sha256)


def confirm(world: World, application_id: str, wanted: Signature) -> str:
    done = world.confirm(application_id, OWNER, wanted, world.at, lambda _: world.key())
    return done.code if isinstance(done, NotAllowed) else done.state.value


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


def test_the_contract_is_bound_to_the_offer_and_the_code_goes_to_the_phone() -> None:
    world = World()
    application_id = accepted(world)
    done = prepared(world, application_id)
    offer = world.book.offers(application_id)[0]
    assert done.contract.terms_sha256 == offer.terms_sha256
    assert offer.terms_sha256 in done.document
    assert done.sent_to == "*******1234"
    message = world.messenger.sent[done.contract.otp_id]
    assert "123456" in message["text"]
    assert message["to"] == "13900001234"
    assert "123456" not in repr(world.book.contracts)
    assert world.state(application_id) == State.CONTRACTING


def test_a_gateway_that_is_down_leaves_nothing_behind_and_may_be_tried_at_once() -> None:
    world = World()
    application_id = accepted(world)
    world.messenger.down = True
    with pytest.raises(PartnerUnavailable):
        world.prepare(application_id, OWNER, AT, lambda _: world.key())
    assert world.state(application_id) == State.OFFER_ACCEPTED
    world.messenger.down = False
    prepared(world, application_id)


def test_a_new_code_is_sent_after_a_while_and_replaces_the_old() -> None:
    world = World()
    application_id = accepted(world)
    first = prepared(world, application_id)
    early = world.prepare(application_id, OWNER, world.later(seconds=30), lambda _: world.key())
    assert isinstance(early, NotAllowed)
    assert (early.code, early.retry_after_s) == ("otp_too_soon", 31)
    world.later(seconds=31)
    second = prepared(world, application_id)
    assert confirm(world, application_id, signature(first)) == "otp_replaced"
    assert confirm(world, application_id, signature(second)) == "CONDITIONS_PENDING"


def test_wrong_codes_are_counted_and_lock() -> None:
    world = World()
    application_id = accepted(world)
    done = prepared(world, application_id)
    wrong = signature(done, "000000")
    assert [confirm(world, application_id, wrong) for _ in range(5)] == ["otp_wrong"] * 5
    assert confirm(world, application_id, signature(done)) == "otp_locked"
    assert world.state(application_id) == State.CONTRACTING


def test_a_code_expires_and_covers_exactly_one_document() -> None:
    world = World()
    application_id = accepted(world)
    done = prepared(world, application_id)
    other = replace(signature(done), document_sha256="0" * 64)
    assert confirm(world, application_id, other) == "document_changed"
    world.later(seconds=300)
    assert confirm(world, application_id, signature(done)) == "otp_expired"


def test_signing_wakes_the_workflow_and_is_done_once() -> None:
    world = World()
    application_id = accepted(world)
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    done = prepared(world, application_id)
    assert confirm(world, application_id, signature(done)) == "CONDITIONS_PENDING"
    assert world.workflow.answers["token-1"]["outcome"] == "SIGNED"
    assert confirm(world, application_id, signature(done)) == "illegal_state"


def test_a_signature_stands_when_the_engine_is_down_and_the_sweeper_wakes_the_workflow() -> None:
    world = World()
    application_id = accepted(world)
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    done = prepared(world, application_id)
    world.workflow.down = True
    assert confirm(world, application_id, signature(done)) == "CONDITIONS_PENDING"
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
    world.book.contracts[application_id] = replace(contract, terms_sha256="0" * 64)
    with pytest.raises(Permanent):
        world.release(application_id, AT)
    assert world.state(application_id) == State.CONDITIONS_PENDING

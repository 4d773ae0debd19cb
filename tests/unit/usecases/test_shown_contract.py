"""The rendered contract read again: by each who signs, under fresh links, voiding nothing."""

import pytest
from lending.domain.faults import NotFound
from lending.usecases.prepare_contract import Prepared
from lending.usecases.refusal import NotAllowed

from tests.fakes.world import OWNER, World, ok
from tests.unit.usecases.test_signing import GUARANTOR, naming, with_guarantor


def refusal(world: World, application_id: str, owner: str = OWNER) -> str:
    told = world.show(application_id, owner, world.at)
    assert isinstance(told, NotAllowed)
    return told.code


def test_each_who_signs_reads_what_was_rendered_and_nothing_is_voided() -> None:
    world = World()
    application_id = with_guarantor(world)
    prompted = world.prompted(application_id)
    before = world.book.contracts[application_id]
    for owner in (OWNER, GUARANTOR.subject):
        told = world.show(application_id, owner, world.at)
        assert isinstance(told, Prepared)
        assert told.contract == before
        for one in before.documents:
            assert f"{one.name}?version={one.object_version}" in told.links[one.kind]
    assert world.book.contracts[application_id] == before
    answer, key = world.signature(prompted), world.key()
    ok(world.confirm(application_id, OWNER, answer, world.at, lambda _: key))
    assert isinstance(world.show(application_id, GUARANTOR.subject, world.at), Prepared)


def test_nobody_else_reads_it() -> None:
    world = World()
    application_id = world.accepted()
    world.rendered(application_id)
    for owner in ("somebody-else", GUARANTOR.subject):
        with pytest.raises(NotFound):
            world.show(application_id, owner, world.at)


def test_there_is_nothing_to_read_before_it_is_rendered_or_after_it_was_voided_or_signed() -> None:
    world = World()
    application_id = world.accepted()
    assert refusal(world, application_id) == "illegal_state"
    world.rendered(application_id)
    assert naming(world, application_id, GUARANTOR) == "VOID"
    assert refusal(world, application_id) == "illegal_state"
    assert refusal(world, world.signed()) == "illegal_state"

"""The lifecycle under any order of acts, crashes, duplicates and outages (Hypothesis)."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lending.domain.application import TERMINAL, can_move
from lending.domain.faults import LendingFault, PartnerUnavailable
from lending.domain.records import State
from lending.ports.partners import RailAnswer
from lending.usecases.review_application import Verdict

from tests.fakes.world import GOOD, OWNER, World, officer


class AnyOrder(RuleBasedStateMachine):
    """One application; every task and every person may act at any time, twice, or too late."""

    @initialize(pd_ppm=st.sampled_from([20_000, 150_000, 400_000]))
    def apply(self, pd_ppm: int) -> None:
        self.world = World()
        self.pd_ppm = pd_ppm
        self.application_id = self.world.submitted()

    @rule(down=st.sets(st.sampled_from(["identity", "bureau", "valuation"])))
    def underwrite(self, down: set[str]) -> None:
        for name in ("identity", "bureau", "valuation"):
            getattr(self.world, name).down = name in down
        findings = self.world.identify(self.application_id, self.world.at)
        scored = replace(GOOD, pd_ppm=self.pd_ppm)
        self.world.decide(self.application_id, findings, scored, (), self.world.at)

    @rule(outcome=st.sampled_from(["APPROVED", "DECLINED"]))
    def review(self, outcome: str) -> None:
        reasons = () if outcome == "APPROVED" else ("reviewer_declined",)
        verdict = Verdict(outcome, reasons, "")  # type: ignore[arg-type]
        self.world.review(
            self.application_id, verdict, officer(), self.world.at, lambda _: self.world.key()
        )

    @rule()
    def sign(self) -> None:
        if self.world.state(self.application_id) == State.APPROVED:
            self.world.sign(self.application_id)

    @rule()
    def release(self) -> None:
        try:
            self.world.release(self.application_id, self.world.at)
        except PartnerUnavailable:
            assert self.world.rail.down, "the task is repeated once the bank can be asked"

    @rule(rail=st.sampled_from(["up", "down", "lost", "rejects"]))
    def pay(self, rail: str) -> None:
        self.world.rail.down = rail == "down"
        self.world.rail.lost = int(rail == "lost")
        self.world.rail.answers = [RailAnswer("rejected", "closed")] if rail == "rejects" else []
        done = self.world.pay(self.application_id, 1, self.world.at)
        self.world.rail.answers = []
        if done.status == "rejected":
            self.world.fail(self.application_id, 1, self.world.at)

    @rule()
    def settle(self) -> None:
        try:
            self.world.settle(self.application_id, self.world.at)
        except LendingFault:
            return

    @rule()
    def withdraw(self) -> None:
        self.world.withdraw(self.application_id, OWNER, self.world.at, lambda _: self.world.key())

    @rule(hours=st.integers(1, 24 * 40))
    def wait_and_sweep(self, hours: int) -> None:
        self.world.sweep(self.world.later(hours=hours))

    @invariant()
    def transitions_are_gapless_and_legal(self) -> None:
        application = self.world.book.applications[self.application_id]
        moves = self.world.book.transitions(self.application_id)
        assert [move.seq for move in moves] == list(range(1, application.version + 1))
        assert moves[-1].to_state == application.state
        for move in moves[1:]:
            assert move.from_state is not None
            assert can_move(move.from_state, move.to_state)

    @invariant()
    def money_moves_at_most_once_and_never_for_an_ended_application(self) -> None:
        state = self.world.state(self.application_id)
        assert len(self.world.rail.paid) <= 1
        if self.world.rail.paid:
            assert state in {State.FUNDING, State.FUNDED}
        assert (state == State.FUNDED) == bool(self.world.book.loans)
        assert len(self.world.book.loans) <= 1

    @invariant()
    def a_decline_has_reasons_and_never_comes_from_an_outage(self) -> None:
        decision = self.world.book.decision(self.application_id)
        if self.world.state(self.application_id) == State.DECLINED:
            assert decision is not None
            assert 1 <= len(decision.reasons) <= 4
            machine = decision.decided_by.kind == "system"
            assert not (machine and decision.findings.missing)

    @invariant()
    def what_is_live_has_a_deadline(self) -> None:
        application = self.world.book.applications[self.application_id]
        assert (application.deadline_at is None) == (application.state in TERMINAL)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)

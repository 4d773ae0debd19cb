"""Every source is asked once, with its consent, and not again while its answer is valid."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lending.domain.faults import CircuitOpen, OutOfRange, WrongSubject
from lending.domain.records import Findings, State
from lending.domain.submission import ConsentGiven, Device, Employer
from lending.ports.partners import BureauReport, EmployerRecord, IncomeReport

from tests.fakes.world import APPLICANT, AT, CUSTOMER, GOOD, SUBMISSION, World

EMPLOYER = Employer("样板机械有限公司", "91990202MA9TE5T12M")
RICH = replace(
    SUBMISSION,
    applicant=replace(APPLICANT, address="样板路1号", employer=EMPLOYER),
    consents=(*SUBMISSION.consents, ConsentGiven("data_sharing", "2026-08", "b" * 64)),
    device=Device("phone-0001", "203.0.113.7"),
)
ALL = {"identity", "bureau", "valuation", "income", "device", "employer"}


def found(world: World, submission: Any = RICH) -> Findings:
    return world.identify(world.submitted(submission), world.at)


def test_without_facts_or_consent_a_source_is_not_asked_and_nothing_is_missing() -> None:
    world = World()
    findings = found(world, SUBMISSION)
    assert set(findings.sources) == {"identity", "bureau", "valuation"}
    assert (findings.missing, findings.income_verified_minor) == ((), None)
    assert (findings.employer_confirmed, findings.device_risk) == (None, None)
    assert world.income.asked == 0


def test_all_sources_become_findings() -> None:
    world = World()
    world.income.result = IncomeReport("flo", True, 6, 1_900_000, 450_000)
    findings = found(world)
    assert findings.sources == dict.fromkeys(ALL, "asked")
    assert findings.income_verified_minor == 1_900_000
    assert findings.flow_debt_monthly_minor == findings.other_debt_monthly_minor == 450_000
    assert (findings.employer_confirmed, findings.device_risk) == (True, 10)
    assert findings.income_monthly_minor == 2_000_000, "declared stays declared"


@pytest.mark.parametrize(
    ("record", "confirmed"),
    [
        (EmployerRecord(False, None, None, None), False),
        (EmployerRecord(True, False, True, 2001), False),
        (EmployerRecord(True, True, False, 2001), False),
    ],
)
def test_an_employer_is_confirmed_when_it_lives_under_its_name(
    record: EmployerRecord, confirmed: bool
) -> None:
    world = World()
    world.employers.result = record
    assert found(world).employer_confirmed is confirmed


@pytest.mark.parametrize("partner", ["income", "devices", "employers"])
def test_a_source_that_is_down_refers(partner: str) -> None:
    world = World()
    getattr(world, partner).down = True
    application_id = world.submitted(RICH)
    findings = world.identify(application_id, AT)
    assert findings.missing == (partner.removesuffix("s"),)
    assert findings.sources[partner.removesuffix("s")] == "no_answer"
    assert world.decide(application_id, findings, GOOD, (), AT).outcome == "REFERRED"
    assert world.state(application_id) == State.MANUAL_REVIEW


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (WrongSubject, "wrong_subject"),
        (OutOfRange, "out_of_range"),
        (CircuitOpen, "circuit_open"),
    ],
)
def test_trouble_is_named(
    fault: type[Exception], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()

    def trouble(**_: object) -> BureauReport:
        raise fault("bureau")

    monkeypatch.setattr(world.bureau, "report", trouble)
    findings = found(world)
    assert (findings.missing, findings.sources["bureau"]) == (("bureau",), kind)


def test_a_valid_answer_is_used_again_and_says_so() -> None:
    world = World()
    first = found(world)
    world.later(hours=2)
    again = found(world)
    assert len(world.bureau.asked_with) == 1
    assert again.sources["bureau"] == f"kept {AT.isoformat()}"
    assert again.sources["device"] == "asked", "behaviour is asked anew each time"
    assert replace(again, sources={}) == replace(first, sources={})


def test_an_old_answer_is_not_used() -> None:
    world = World()
    found(world)
    world.later(hours=169)
    again = found(world)
    assert len(world.bureau.asked_with) == 2
    assert again.sources["bureau"] == "asked"
    assert again.sources["identity"].startswith("kept"), "each source has its own validity"


def test_an_answer_to_another_question_is_not_used() -> None:
    world = World()
    found(world)
    renamed = replace(RICH, applicant=replace(RICH.applicant, full_name="王大明"))
    again = found(world, renamed)
    assert again.sources["bureau"] == again.sources["identity"] == "asked"
    assert again.sources["valuation"].startswith("kept"), "the car is the same"


def test_a_failed_source_is_asked_again_next_time_and_others_stay_kept() -> None:
    world = World()
    world.bureau.down = True
    found(world)
    world.bureau.down = False
    again = found(world)
    assert again.missing == ()
    assert again.sources["bureau"] == "asked"
    assert again.sources["identity"].startswith("kept")


def test_without_the_store_of_answers_every_source_is_asked() -> None:
    world = World()
    world.kept.down = True
    findings = found(world)
    assert (findings.missing, findings.sources) == ((), dict.fromkeys(ALL, "asked"))


def test_what_is_kept_of_another_release_is_asked_again() -> None:
    world = World()
    found(world)
    rows = world.kept.rows[CUSTOMER]
    rows["bureau"] = replace(rows["bureau"], content={"something": "else"})
    assert found(world).sources["bureau"] == "asked"


def test_kept_answers_hold_no_name_and_no_number_of_the_person() -> None:
    world = World()
    found(world)
    text = repr(world.kept.rows)
    for secret in (APPLICANT.full_name, APPLICANT.id_no, "13900001234", "样板", "phone-0001"):
        assert secret not in text


def test_facts_of_an_earlier_application_are_not_asked_about() -> None:
    world = World()
    found(world)
    plain = replace(RICH, applicant=APPLICANT, device=None)
    world.later(hours=1)
    assert "device" not in found(world, plain).sources


def test_a_company_number_needs_a_right_check_digit() -> None:
    world = World()
    wrong = replace(EMPLOYER, registration_no="91990202MA9TE5T12N")
    bad = replace(RICH, applicant=replace(RICH.applicant, employer=wrong))
    refused = world.submit(bad, "sub-1", CUSTOMER, AT + timedelta(0), lambda _: world.key())
    assert "/applicant/employer/registration_no" in repr(refused)

"""Take an application in: check it, put the person in the vault, commit, start the workflow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import submitted
from lending.domain.auto_debit import PURPOSE, payer_fields
from lending.domain.events import application_event
from lending.domain.faults import Retryable
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, ConsentRef, StoredReply
from lending.domain.submission import Applicant, Submission, normalised_mobile, problems
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.ports.system import Ids, Workflow
from lending.ports.vault import Consent, Vault
from lending.usecases.loading import rules_at
from lending.usecases.refusal import NotAllowed, invalid


@dataclass(frozen=True, slots=True)
class SubmitApplication:
    """One new application in SUBMITTED, with its origination started."""

    book: Book
    vault: Vault
    profiles: Profiles
    ids: Ids
    workflow: Workflow

    def __call__(
        self,
        submission: Submission,
        owner: str,
        customer_id: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Commit application, first transition, event and reply together.

        Raises:
            StaleVersion: the same Idempotency-Key was answered meanwhile.
            Retryable: a store was busy; nothing but the vault was written.
        """
        market = submission.request.market
        if market not in self.profiles.markets:
            return invalid(Problem("/market", f"one of {', '.join(self.profiles.markets)}"))
        profile = rules_at(self.profiles, market, at)
        if found := problems(submission, profile, profile.local_date(at)):
            return invalid(*found)
        consents = self._consents(submission, at)
        payee_id = self.ids.new("pay")
        payee = payee_fields(payee_id, submission.payee.name, submission.payee.account_no)
        mandate_id = next((one.consent_id for one in consents if one.purpose == PURPOSE), "")
        fields = vault_fields(submission, profile) | payee | _payer(submission, mandate_id)
        self.vault.save(customer_id, fields, consents)
        request = replace(
            submission.request,
            consent_ids=tuple(consent.consent_id for consent in consents),
            consents=tuple(
                ConsentRef(one.consent_id, one.purpose, one.version) for one in consents
            ),
            given=_given(submission),
            mandate_id=mandate_id,
        )
        application, transitions = submitted(
            self.ids.new("app"),
            owner,
            customer_id,
            request,
            profile.version,
            at,
            profile.state_timeouts,
            payee_id,
        )
        event = application_event(
            "ApplicationSubmitted",
            application,
            at,
            product_id=request.product_id,
            channel=request.channel,
            currency=request.currency,
            amount_minor=request.amount_minor,
            term_months=request.term_months,
        )
        self.book.commit(
            Change(
                application=application,
                transitions=transitions,
                events=(event,),
                reply=reply(application),
            )
        )
        self._start(application)
        return application

    def _consents(self, submission: Submission, at: datetime) -> tuple[Consent, ...]:
        return tuple(
            Consent(
                self.ids.new("con"),
                given.purpose,
                given.version,
                given.text_sha256,
                at,
                submission.applicant.locale,
            )
            for given in submission.consents
        )

    def _start(self, application: Application) -> None:
        try:
            self.workflow.start_origination(application.application_id)
        except Retryable:
            return  # committed: the sweeper starts what is still SUBMITTED


def payee_fields(payee_id: str, name: str, account_no: str) -> dict[str, str]:
    """A payee as the vault keeps it: under an id of its own, so that no other replaces it."""
    return {f"payee_name.{payee_id}": name, f"payee_account_no.{payee_id}": account_no}


def _payer(submission: Submission, mandate_id: str) -> dict[str, str]:
    """The account that instalments are debited from, under the mandate for it."""
    if submission.repayment is None:
        return {}
    name, number = payer_fields(mandate_id)
    return {name: submission.repayment.name, number: submission.repayment.account_no}


def vault_fields(submission: Submission, profile: MarketProfile) -> dict[str, str]:
    """The person's fields as the vault keeps them: short strings, normalised."""
    applicant: Applicant = submission.applicant
    fields = {
        "full_name": applicant.full_name,
        "id_type": applicant.id_type,
        "id_no": applicant.id_no.upper(),
        "mobile": normalised_mobile(applicant.mobile, profile) or applicant.mobile,
        "income_monthly_minor": str(applicant.income_monthly_minor),
        "other_debt_monthly_minor": str(applicant.other_debt_monthly_minor),
        "months_employed": str(applicant.months_employed),
        "locale": applicant.locale,
        "payee_name": submission.payee.name,
        "payee_account_no": submission.payee.account_no,
    }
    if applicant.birth_date is not None:
        fields["birth_date"] = applicant.birth_date.isoformat()
    if applicant.email is not None:
        fields["email"] = applicant.email
    return fields | _optional_fields(submission)


def _optional_fields(submission: Submission) -> dict[str, str]:
    applicant, employer, device = (
        submission.applicant,
        submission.applicant.employer,
        submission.device,
    )
    found = {
        "address": applicant.address,
        "employer_name": employer and employer.name,
        "employer_no": employer and employer.registration_no and employer.registration_no.upper(),
        "device_id": device and device.device_id,
        "device_ip": device and device.ip,
    }
    return {name: value for name, value in found.items() if value}


def _given(submission: Submission) -> tuple[str, ...]:
    """Optional facts of this application: the vault may still hold those of an earlier one."""
    return tuple(_optional_fields(submission))

"""The whole core over fakes: every use case wired once, and short ways to common situations."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lending.adapters.profiles import ProfileStore
from lending.adapters.scorecard import LocalScoring
from lending.domain.records import (
    Application,
    Findings,
    ReplyKey,
    Request,
    Scored,
    State,
    StoredReply,
    Vehicle,
)
from lending.domain.signing import Viewed
from lending.domain.submission import Applicant, ConsentGiven, PayeeAccount, Submission
from lending.usecases.accept_offer import AcceptOffer
from lending.usecases.ask_sources import AskSources, Sources
from lending.usecases.confirm_signature import ConfirmSignature, CounterSign, Signature
from lending.usecases.decide_application import DecideApplication
from lending.usecases.disburse_loan import FailPayout, SettlePayout, SubmitPayout
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.identify_applicant import IdentifyApplicant
from lending.usecases.investigate_fraud import CloseCase, KeepWatchList, ViewCase
from lending.usecases.name_signers import NameSigners
from lending.usecases.notify_customer import NotifyCustomer
from lending.usecases.park_workflow import ParkWorkflow
from lending.usecases.prepare_contract import PrepareContract, Prepared, ShowContract
from lending.usecases.publish_events import PublishEvents
from lending.usecases.read_contract import Prompted, ReportViews, SendOtp
from lending.usecases.refusal import NotAllowed
from lending.usecases.release_for_funding import ReleaseForFunding, ReleaseHeld
from lending.usecases.remind_borrowers import PlanReminders, RemindBorrowers
from lending.usecases.render_contract import RenderContract
from lending.usecases.request_review import RequestReview
from lending.usecases.review_application import (
    ConfirmOverride,
    Desk,
    Officer,
    ReviewApplication,
)
from lending.usecases.screen_fraud import ScreenFraud
from lending.usecases.seal_contract import SealContract
from lending.usecases.submit_application import SubmitApplication
from lending.usecases.sweep import Sweep
from lending.usecases.view_application import ViewApplication, ViewLoan
from lending.usecases.withdraw_application import WithdrawApplication

from tests.fakes.answers import FakeKeptAnswers, FakeTokens
from tests.fakes.book import FakeBook
from tests.fakes.contracts import FakeArchive, FakeDrafts, FakeRenderer, FakeSealer
from tests.fakes.fraud import FakeLinks
from tests.fakes.money import FakeMoney
from tests.fakes.partners import (
    FakeBureau,
    FakeDevices,
    FakeEmployers,
    FakeIdentity,
    FakeIncome,
    FakeMessenger,
    FakeRail,
    FakeValuation,
)
from tests.fakes.policies import FakePolicies, FakeRulesArchive
from tests.fakes.sent import FakeSent
from tests.fakes.system import CountingIds, FakeBus, FakeOtp, FakeWorkflow
from tests.fakes.vault import FakeVault

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OWNER = "sub-1"
CUSTOMER = "cus_1"
VEHICLE = Vehicle("LZZ000006RZ100001", "new", "ice", 16_000_000, 2026)
REQUEST = Request(
    market="cn",
    product_id="cn-auto-new",
    channel="web",
    currency="CNY",
    amount_minor=12_000_000,
    term_months=36,
    plan="equal_instalment",
    purpose="vehicle_purchase",
    down_payment_minor=4_000_000,
    vehicle=VEHICLE,
    consent_ids=(),
)
APPLICANT = Applicant(
    full_name="王小明",
    id_type="cn_id",
    id_no="990202199003070017",
    birth_date=None,
    mobile="+86 139-0000-1234",
    email=None,
    income_monthly_minor=2_000_000,
    other_debt_monthly_minor=100_000,
    months_employed=60,
    locale="zh-CN",
)
PURPOSES = ("privacy", "bureau_query", "automated_decision", "e_sign")
SUBMISSION = Submission(
    request=REQUEST,
    applicant=APPLICANT,
    payee=PayeeAccount("诚信汽车", "6222999900001118"),
    consents=tuple(ConsentGiven(purpose, "2026-08", "a" * 64) for purpose in PURPOSES),
)
FINDINGS = Findings("match", 36, "rep_1", 16_000_000, 2_000_000, 100_000, {})
GOOD = Scored("test-1", 30_000, 640, ())


def reply_for(key: str) -> StoredReply:
    """A stored reply under a key of its own."""
    return StoredReply(ReplyKey(OWNER, "POST /test", key), "b" * 64, 200, "{}", AT)


def officer(subject: str = "officer-1", role: str = "underwriter") -> Officer:
    """Somebody of the staff."""
    return Officer(subject, frozenset({role}))


def ok(result: Any) -> Application:
    """The application of a result that must not be a refusal."""
    assert not isinstance(result, NotAllowed), result
    assert isinstance(result, Application)
    return result


@dataclass
class World:
    """Fakes and use cases; `n` makes idempotency keys."""

    book: FakeBook = field(default_factory=FakeBook)
    vault: FakeVault = field(default_factory=FakeVault)
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    bureau: FakeBureau = field(default_factory=FakeBureau)
    valuation: FakeValuation = field(default_factory=FakeValuation)
    income: FakeIncome = field(default_factory=FakeIncome)
    devices: FakeDevices = field(default_factory=FakeDevices)
    employers: FakeEmployers = field(default_factory=FakeEmployers)
    kept: FakeKeptAnswers = field(default_factory=FakeKeptAnswers)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    rail: FakeRail = field(default_factory=FakeRail)
    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    bus: FakeBus = field(default_factory=FakeBus)
    otp: FakeOtp = field(default_factory=FakeOtp)
    sent: FakeSent = field(default_factory=FakeSent)
    ids: CountingIds = field(default_factory=CountingIds)
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    archive: FakeArchive = field(default_factory=FakeArchive)
    sealer: FakeSealer = field(default_factory=FakeSealer)
    at: datetime = AT
    n: int = 0

    def __post_init__(self) -> None:
        book, vault, workflow = self.book, self.vault, self.workflow
        rules = ProfileStore(("cn", "us"))
        self.receipts = FakeMoney(book)
        self.submit = SubmitApplication(book, vault, rules, self.ids, workflow)
        self.withdraw = WithdrawApplication(book, rules, workflow)
        sources = Sources(
            self.identity,
            self.bureau,
            self.valuation,
            self.income,
            self.devices,
            self.employers,
        )
        self.ask = AskSources(sources, self.tokens, self.kept)
        self.links = FakeLinks(book)
        self.screen = ScreenFraud(self.tokens, self.links)
        self.identify = IdentifyApplicant(book, vault, rules, self.ask, self.screen)
        self.close_case = CloseCase(book, rules, workflow, self.links, self.links)
        self.view_case = ViewCase(book, vault, self.links, self.links)
        self.watch_list = KeepWatchList(book, self.tokens, self.links)
        policies = self.policies = FakePolicies()
        self.scoring = LocalScoring()
        self.decide = DecideApplication(book, rules, policies, self.scoring)
        desk = Desk(book, rules, policies, workflow)
        self.review = ReviewApplication(desk)
        self.confirm_override = ConfirmOverride(desk)
        self.request_review = RequestReview(book)
        self.park = ParkWorkflow(book, workflow)
        self.accept = AcceptOffer(book, rules)
        render = RenderContract(vault, self.renderer)
        self.prepare = PrepareContract(book, vault, rules, render, self.drafts)
        self.show = ShowContract(book, rules, self.drafts)
        self.views = ReportViews(book)
        self.name_signers = NameSigners(book, vault, rules)
        self.prompt = SendOtp(book, vault, rules, self.ids, self.otp, self.messenger)
        self.confirm = ConfirmSignature(book, rules, self.otp, workflow)
        self.countersign = CounterSign(book, rules, workflow)
        self.seal = SealContract(book, self.drafts, self.archive, self.sealer.made(), rules)
        self.release = ReleaseForFunding(book, rules, vault, self.rail)
        self.release_held = ReleaseHeld(book, rules, vault, workflow)
        self.pay = SubmitPayout(book, vault, rules, self.rail, self.receipts)
        self.settle = SettlePayout(book, rules)
        self.fail = FailPayout(book, rules)
        self.plan_reminders = PlanReminders(rules, 8)
        self.remind = RemindBorrowers(book, book.ledger, rules)
        self.publish = PublishEvents(book, self.bus, FollowPayment(book, self.receipts))
        self.notify = NotifyCustomer(vault, self.sent, self.messenger)
        self.rules_archive = FakeRulesArchive()
        self.sweep = Sweep(book, rules, workflow, self.publish, self.rules_archive)
        self.view = ViewApplication(book, vault)
        self.view_loan = ViewLoan(book)

    def key(self) -> StoredReply:
        """A reply under a fresh key."""
        self.n += 1
        return reply_for(str(self.n))

    def later(self, **delta: float) -> datetime:
        """Move time."""
        self.at += timedelta(**delta)
        return self.at

    def state(self, application_id: str) -> State:
        """The stored state."""
        return self.book.applications[application_id].state

    def submitted(self, submission: Submission = SUBMISSION) -> str:
        """A fresh application."""
        done = self.submit(submission, OWNER, CUSTOMER, self.at, lambda _: self.key())
        return ok(done).application_id

    def decided(self, pd_ppm: int = 30_000, submission: Submission = SUBMISSION) -> str:
        """A fresh application, decided with this probability of default."""
        application_id = self.submitted(submission)
        findings = self.identify(application_id, self.at)
        scored = replace(GOOD, pd_ppm=pd_ppm)
        self.decide(application_id, findings, scored, (), self.at)
        return application_id

    def signed(self, submission: Submission = SUBMISSION) -> str:
        """A fresh application, approved, signed and sealed."""
        application_id = self.decided(submission=submission)
        self.sign(application_id)
        return application_id

    def sign(self, application_id: str) -> None:
        """Accept the first offer, read, sign it, and let it be sealed."""
        self.confirm_all(application_id)
        assert self.seal(application_id, self.at) == "SEALED"

    def accepted(self, submission: Submission = SUBMISSION) -> str:
        """A fresh application whose first offer was accepted."""
        application_id = self.decided(submission=submission)
        self.accept_first(application_id)
        return application_id

    def accept_first(self, application_id: str) -> None:
        """Accept the first offer."""
        offer, key = self.book.offers(application_id)[0], self.key()
        ok(self.accept(application_id, OWNER, offer.offer_id, True, self.at, lambda _: key))

    def rendered(self, application_id: str) -> Prepared:
        """The contract, rendered (anew)."""
        key = self.key()
        done = self.prepare(application_id, OWNER, self.at, lambda _: key)
        assert isinstance(done, Prepared), done
        return done

    def read(self, application_id: str) -> tuple[Viewed, ...]:
        """Every page of every document, as a client reports it."""
        contract = self.book.contracts[application_id]
        return tuple(
            Viewed(one.kind, one.sha256, tuple(range(1, one.pages + 1)), self.at)
            for one in contract.documents
        )

    def prompted(self, application_id: str, owner: str = OWNER) -> Prompted:
        """Everything read, long enough, and a code sent."""
        self.later(seconds=10)
        key, wanted = self.key(), ("all_in_cost", "electronic_signature")
        viewed = self.read(application_id)
        done = self.prompt(application_id, owner, viewed, wanted, self.at, lambda _: key)
        assert isinstance(done, Prompted), done
        return done

    def signature(self, prompted: Prompted, code: str | None = None) -> Signature:
        """The right answer to a prompt (or one with another code)."""
        right = self.otp.next_code if code is None else code
        return Signature(
            prompted.otp.otp_id, right, prompted.contract.document_sha256, "203.0.113.7", "test"
        )

    def confirm_all(self, application_id: str) -> None:
        """Accept, render, read, prompt, confirm."""
        self.accept_first(application_id)
        self.rendered(application_id)
        prompted, key = self.prompted(application_id), self.key()
        wanted = self.signature(prompted)
        ok(self.confirm(application_id, OWNER, wanted, self.at, lambda _: key))

    def funded(self) -> str:
        """A fresh application with its loan paid out."""
        application_id = self.signed()
        assert self.release(application_id, self.at) == "READY"
        assert self.pay(application_id, 1, self.at).status == "accepted"
        self.settle(application_id, self.at)
        return application_id

"""What every step of a signing reads first: the open paper, and whose turn it is.

What is signed is an application's contract, or the paper of an amendment of its loan; both are
read, confirmed and sealed by the same steps.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.amending import PREFIX, Amendment, addressed
from lending.domain.application import Move, advance
from lending.domain.faults import NotFound
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, State, StoredReply
from lending.domain.signing import AMENDING, PURPOSE, Signer, turn_of, with_signer
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.vault import Vault
from lending.usecases.loading import file_of
from lending.usecases.refusal import NotAllowed, illegal_state

# Fields of people who were named by somebody else: masked like the plain ones, never searched.
SUFFIX = ".signer"
OPEN = frozenset({"RENDERED", "VIEWED", "OTP_SENT"})


@dataclass(frozen=True, slots=True)
class Paper:
    """A contract to be signed, of the application itself or (`amendment`) of its loan."""

    file: ApplicationFile
    contract: Contract
    amendment: Amendment | None = None

    @property
    def purpose(self) -> str:
        """What a code for it is for."""
        return PURPOSE if self.amendment is None else AMENDING

    def kept(self, contract: Contract, reply: StoredReply | None = None) -> Change:
        """The change that stores the paper with one thing more told of it."""
        if self.amendment is None:
            return Change(contract=contract, contract_was=self.contract.version, reply=reply)
        was = self.amendment.version
        amended = replace(self.amendment, paper=contract, version=was + 1)
        return Change(amendment=amended, amendment_was=was, reply=reply)


def amendment_of(file: ApplicationFile, number: int) -> Amendment:
    """One amendment of the file. Raises NotFound."""
    for one in file.amendments:
        if one.number == number:
            return one
    raise NotFound(f"{file.application.application_id}: no amendment {number}")


def signer_file(book: Book, of: str, owner: str) -> ApplicationFile:
    """The file of an application or an amendment (`of` is the id of either).

    It is there for its owner and for who signs with them, for nobody else. Raises NotFound.
    """
    application_id, number = filed(of)
    file = file_of(book, application_id)
    if number is not None:
        amendment_of(file, number)
    signers = () if file.contract is None else file.contract.signers
    if owner != file.application.owner and owner not in {one.owner for one in signers}:
        raise NotFound(of)
    return file


def contract_file(book: Book, application_id: str, owner: str) -> ApplicationFile:
    """The file of an application, for its owner and for who signs with them.

    The id of an amendment names no contract: a paper of the one is never kept in the other's
    place. Raises NotFound.
    """
    if filed(application_id)[1] is not None:
        raise NotFound(application_id)
    return signer_file(book, application_id, owner)


def amendment_file(book: Book, amendment_id: str, owner: str) -> tuple[ApplicationFile, Amendment]:
    """An amendment with its file, for the borrower and for who signs with them. Raises NotFound."""
    number = filed(amendment_id)[1]
    if number is None:
        raise NotFound(amendment_id)
    file = signer_file(book, amendment_id, owner)
    return file, amendment_of(file, number)


def filed(of: str) -> tuple[str, int | None]:
    """The application, and the number of its amendment when that is what is meant."""
    return addressed(of) if of.startswith(PREFIX) else (of, None)


def person_of(vault: Vault, signer: Signer, names: tuple[str, ...]) -> dict[str, str]:
    """A signer's fields by their plain names. Raises NotFound, Erased."""
    suffix = "" if signer.role == "borrower" else SUFFIX
    found = vault.read(signer.customer_id, "contract", tuple(f"{one}{suffix}" for one in names))
    return {name.removesuffix(suffix): text for name, text in found.items()}


def turn(file: ApplicationFile, of: str, owner: str) -> tuple[Paper, Signer] | NotAllowed:
    """The open paper and the signer, when it is this person's turn."""
    paper = open_paper(file, of)
    if isinstance(paper, NotAllowed):
        return paper
    signer = turn_of(paper.contract.signers)
    if signer is None or signer.owner != owner or signer.role == "lender":
        return NotAllowed("conflict", "not_your_turn", "Somebody else signs first.")
    return paper, signer


def open_paper(file: ApplicationFile, of: str) -> Paper | NotAllowed:
    """What can be read and signed now."""
    number = filed(of)[1]
    if number is not None:
        amendment = amendment_of(file, number)
        paper = amendment.paper
        if amendment.status != "APPROVED" or paper is None or paper.status not in OPEN:
            return nothing_to_sign(amendment)
        return Paper(file, paper, amendment)
    application, contract = file.application, file.contract
    if application.state != State.CONTRACTING or contract is None or contract.status not in OPEN:
        return illegal_state(application.state, "there is nothing to sign")
    return Paper(file, contract)


def nothing_to_sign(amendment: Amendment) -> NotAllowed:
    """The amendment is not in a state in which it is read and signed."""
    detail = f"The amendment is {amendment.status}; there is nothing to sign."
    return NotAllowed("conflict", "illegal_state", detail)


def countersigned(contract: Contract, signer: Signer) -> Contract:
    """The paper with one signature more, CONFIRMED with the last."""
    signers = with_signer(contract.signers, signer)
    is_last = turn_of(signers) is None
    return replace(
        contract,
        signers=signers,
        status="CONFIRMED" if is_last else "RENDERED",
        version=contract.version + 1,
    )


def confirmed(
    application: Application,
    contract: Contract,
    signer: Signer,
    actor: Actor,
    profile: MarketProfile,
    at: datetime,
) -> tuple[Change, Application]:
    """The change that records a signature; with the last one the application moves on."""
    changed = countersigned(contract, signer)
    change = Change(contract=changed, contract_was=contract.version)
    if changed.status != "CONFIRMED":
        return change, application
    move = Move(State.CONDITIONS_PENDING, "sign", actor)
    moved, transitions = advance(application, [move], at, profile.state_timeouts)
    return (
        replace(
            change,
            application=moved,
            application_was=application.version,
            transitions=transitions,
        ),
        moved,
    )

"""What every step of a signing reads first: the open contract, and whose turn it is."""

from dataclasses import replace
from datetime import datetime

from lending.domain.application import Move, advance
from lending.domain.faults import NotFound
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, State
from lending.domain.signing import Signer, turn_of, with_signer
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.vault import Vault
from lending.usecases.loading import file_of
from lending.usecases.refusal import NotAllowed, illegal_state

# Fields of people who were named by somebody else: masked like the plain ones, never searched.
SUFFIX = ".signer"
OPEN = frozenset({"RENDERED", "VIEWED", "OTP_SENT"})


def signer_file(book: Book, application_id: str, owner: str) -> ApplicationFile:
    """The file, for its owner and for who signs with them; nobody else. Raises NotFound."""
    file = file_of(book, application_id)
    signers = () if file.contract is None else file.contract.signers
    if owner != file.application.owner and owner not in {one.owner for one in signers}:
        raise NotFound(application_id)
    return file


def person_of(vault: Vault, signer: Signer, names: tuple[str, ...]) -> dict[str, str]:
    """A signer's fields by their plain names. Raises NotFound, Erased."""
    suffix = "" if signer.role == "borrower" else SUFFIX
    found = vault.read(signer.customer_id, "contract", tuple(f"{one}{suffix}" for one in names))
    return {name.removesuffix(suffix): text for name, text in found.items()}


def turn(file: ApplicationFile, owner: str) -> tuple[Contract, Signer] | NotAllowed:
    """The open contract and the signer, when it is this person's turn."""
    application, contract = file.application, file.contract
    if application.state != State.CONTRACTING or contract is None or contract.status not in OPEN:
        return illegal_state(application.state, "there is nothing to sign")
    signer = turn_of(contract.signers)
    if signer is None or signer.owner != owner or signer.role == "lender":
        return NotAllowed("conflict", "not_your_turn", "Somebody else signs first.")
    return contract, signer


def confirmed(
    application: Application,
    contract: Contract,
    signer: Signer,
    actor: Actor,
    profile: MarketProfile,
    at: datetime,
) -> tuple[Change, Application]:
    """The change that records a signature; with the last one the application moves on."""
    signers = with_signer(contract.signers, signer)
    is_last = turn_of(signers) is None
    changed = replace(
        contract,
        signers=signers,
        status="CONFIRMED" if is_last else "RENDERED",
        version=contract.version + 1,
    )
    change = Change(contract=changed, contract_was=contract.version)
    if not is_last:
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

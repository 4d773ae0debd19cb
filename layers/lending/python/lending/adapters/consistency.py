"""What every implementation of the Book refuses to write, whatever the use case asked for."""

from lending.domain.faults import Permanent
from lending.ports.book import Change


def check_change(change: Change) -> None:
    """Hold a change against the invariants that need no stored row (I6: no gap in versions).

    Raises:
        Permanent: it is inconsistent in itself.
    """
    versions = (
        (change.application, change.application_was),
        (change.contract, change.contract_was),
        (change.disbursement, change.disbursement_was),
        (change.loan, change.loan_was),
    )
    for record, was in versions:
        if record is None and was:
            raise Permanent("a change names a version without its record")
        if record is not None and record.version <= was:
            raise Permanent("a change does not raise the version of its record")
    if change.application is None:
        if change.transitions:
            raise Permanent("transitions without their application")
    else:
        expected = range(change.application_was + 1, change.application.version + 1)
        if [one.seq for one in change.transitions] != list(expected):
            raise Permanent("transitions do not lead to the application's version")

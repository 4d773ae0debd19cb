"""Faults: something we could not do. Never a business answer (that is a `Refusal`).

The state machines match error names exactly, so the entry point re-raises every
`Retryable` as exactly `Retryable` and every `Permanent` as exactly `Permanent`.
"""


class LendingFault(Exception):
    """Base of all faults; the message carries ids only, never personal data."""


class Retryable(LendingFault):
    """The same call may succeed later: throttled, partner down, lost answer."""


class Permanent(LendingFault):
    """Repeating the call cannot help: malformed event, corrupt row, unknown id."""


class StaleVersion(Retryable):
    """Somebody else committed first; read again and decide again."""


class PartnerUnavailable(Retryable):
    """A partner was down, slow or answered nonsense; the message names the partner."""


class WrongSubject(PartnerUnavailable):
    """A partner answered about another person or thing than it was asked about."""


class OutOfRange(PartnerUnavailable):
    """A partner answered with a number that cannot be."""


class CircuitOpen(PartnerUnavailable):
    """A partner failed so often that it is not asked for a moment."""


class NotFound(Permanent):
    """No such application, loan, contract or customer (or it is not the caller's)."""


class Erased(Permanent):
    """The customer's data key was destroyed; nothing personal can be read any more."""

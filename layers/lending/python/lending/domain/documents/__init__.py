"""Documents a loan leaves behind: kinds, and the data each template is filled with."""

from enum import StrEnum
from typing import Final

# The seal's box on the last page of a contract, in points from the bottom left corner of A4.
SEAL_BOX: Final = (60, 74, 300, 164)


class DocumentKind(StrEnum):
    """What can be printed; templates are registered under these names."""

    CONTRACT = "contract"
    COST_SHEET = "cost_sheet"
    SCHEDULE = "schedule"
    DECISION_NOTICE = "decision_notice"
    SETTLEMENT_CERTIFICATE = "settlement_certificate"
    EXTENSION_AMENDMENT = "extension_amendment"
    STATEMENT = "statement"

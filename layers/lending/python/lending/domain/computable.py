"""How a formula says that a request has no answer: a named, field-level value, raised once.

Formulas are called from many places (quotes, contracts, `autolend calc`); each presents this
in its own way, none inspects the text.
"""

from typing import Literal

Code = Literal["invalid_field", "contradiction", "no_solution"]


class NotComputable(ValueError):
    """`code` is stable; `pointer` is the JSON pointer of the input at fault ("" = the whole).

    invalid_field: a value is out of range or unknown; contradiction: fields exclude each
    other; no_solution: no rate or instalment satisfies the request.
    """

    def __init__(self, code: Code, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer or 'request'}: {detail}")
        self.code: Code = code
        self.pointer = pointer
        self.detail = detail

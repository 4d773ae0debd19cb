"""Takes two repeated costs out of moto's DynamoDB.

Measured on the whole flow: each condition of a transaction was taken apart twice, though all
expressions come from a few places in the code (7 % of the cloud's process), and the size of an
item was counted anew for each of its attributes (4 %).
"""

import json
from collections import OrderedDict
from typing import Any, Final

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize

ITEM_BYTES_MAX: Final = 405_000
"""moto's own limit; AWS says 400 KB and takes a little more."""
_CONDITIONS_KEPT: Final = 4_096

type _Parsed = tuple[Any, list[str], list[str]]

_parse = ConditionExpressionParser.parse
_parsed: OrderedDict[str, _Parsed] = OrderedDict()


def _parse_once(self: Any) -> Any:
    """`ConditionExpressionParser.parse`; the tree is never changed, so equal requests share it."""
    if not self.condition_expression:
        return _parse(self)
    try:
        asked = json.dumps(
            (
                self.condition_expression,
                self.expression_attribute_names or {},
                self.expression_attribute_values or {},
            )
        )
    except TypeError:  # binary values
        return _parse(self)
    known = _parsed.get(asked)
    if known is None:
        tree = _parse(self)
        known = (tree, list(self.expr_attr_names_found), list(self.expr_attr_values_found))
        _parsed[asked] = known
        while len(_parsed) > _CONDITIONS_KEPT:
            _parsed.popitem(last=False)
    else:
        self.expr_attr_names_found.extend(known[1])
        self.expr_attr_values_found.extend(known[2])
    return known[0]


def _make_item(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """`Item.__init__` that counts the size once.

    Raises:
        ItemSizeTooLarge: the item has more than `ITEM_BYTES_MAX` bytes.
    """
    self.hash_key, self.range_key = hash_key, range_key
    values = {name: DynamoType(value) for name, value in attrs.items()}
    if sum(bytesize(name) + value.size() for name, value in values.items()) > ITEM_BYTES_MAX:
        raise ItemSizeTooLarge
    self.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(self.attrs, values)


def install() -> None:
    """Replaces the two; repeating it changes nothing."""
    ConditionExpressionParser.parse = _parse_once
    Item.__init__ = _make_item

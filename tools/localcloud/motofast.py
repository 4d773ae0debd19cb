"""Takes four repeated costs out of the local cloud's process.

Measured on the whole flow: an input transformer's paths were compiled for every event (14 % of
the process), each attribute of each DynamoDB answer went through nine function calls although
it already had its wire form (10 %), and the headers of each request were read by the e-mail
parser (half of a GetItem's time). The list of a handler's methods was collected for each call.
"""

import functools
import http.client
import importlib
from typing import Any, BinaryIO, Final

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer

_structure = BaseJSONSerializer._serialize_type_structure
_jsonpath: Any = importlib.import_module("jsonpath_ng.ext")
_parse = _jsonpath.parse
_http_client: Any = http.client  # the replacement has one signature, not its overloads
# Nested and binary values keep moto's own way.
_PLAIN: Final = {"S": str, "N": str, "BOOL": bool}

_LINE_MAX: Final = 65_536
_HEADERS_MAX: Final = 100
_END: Final = frozenset({b"\r\n", b"\n", b""})


def _serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if key and shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
        ((kind, held),) = value.items()
        if type(held) is _PLAIN.get(kind):
            serialized[self.get_serialized_name(shape, key)] = {kind: held}
            return
    _structure(self, serialized, value, shape, key)


def _parse_headers(
    fp: BinaryIO, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage
) -> http.client.HTTPMessage:
    """`http.client.parse_headers` for `name: value` lines, which is what clients send."""
    headers: list[tuple[str, str]] = []
    while (line := fp.readline(_LINE_MAX + 1)) not in _END:
        if len(line) > _LINE_MAX:
            raise http.client.LineTooLong("header line")
        if len(headers) == _HEADERS_MAX:
            raise http.client.HTTPException(f"got more than {_HEADERS_MAX} headers")
        text = line.decode("iso-8859-1")
        name, colon, value = text.partition(":")
        if not colon or text[0] in " \t":
            raise http.client.HTTPException("a header line without a name")
        headers.append((name, value.strip()))
    message = _class()
    message._headers = headers  # type: ignore[attr-defined]
    return message


@functools.lru_cache(maxsize=1_000)
def _parse_once(path: str) -> Any:
    return _parse(path)


def install() -> None:
    """Replaces the four; repeating it changes nothing."""
    _http_client.parse_headers = _parse_headers
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    _jsonpath.parse = _parse_once
    BaseJSONSerializer._serialize_type_structure = _serialize_structure

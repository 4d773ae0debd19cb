"""The Examiner port: what a sealed PDF proves by itself, without any network.

pyHanko validates signature, chain and timestamps (ETSI EN 319 102-1) from what the document
carries. It accepts a document cut back to an earlier revision, and so do common viewers; that
the archive timestamp is there and covers the last byte is asked here.
"""

import asyncio
import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final, Self

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv import ades_past, poe
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from lending.adapters.pades.authority_http import RevocationLists
from lending.adapters.pades.reason import FIELD, seal_of
from lending.adapters.pades.trust import Trust
from lending.domain.verification import Finding
from lending.ports.sealing import Examined

_PASSED: Final = "PASSED"


class PadesExaminer:
    """See `lending.ports.sealing.Examiner`.

    `lists` fetches the revocation lists of the day, which say whether the archive timestamp's own
    certificate is still good. Without them the document is judged as of that timestamp.
    """

    def __init__(self, trust: Trust, lists: RevocationLists | None = None) -> None:
        self._trust = trust
        self._lists = lists

    def examine(self, pdf: bytes, at: datetime) -> Examined:
        """Judge it; whatever is malformed is an answer, not a fault.

        Raises:
            Retryable: the lists of the day were asked for, and nobody answered.
        """
        try:
            reader = PdfFileReader(io.BytesIO(pdf), strict=True)
            signatures = reader.embedded_signatures
        except Exception as error:  # noqa: BLE001  # a parser fed with anything at all
            return Examined((Finding("signature", False, f"unreadable: {type(error).__name__}"),))
        sealed = [one for one in signatures if one.field_name == FIELD]
        if len(sealed) != 1:
            return Examined((Finding("signature", False, "the lender's seal is not there"),))
        return self._judged(reader, sealed[0], len(pdf), at)

    def _judged(self, reader: Any, sealed: Any, size: int, at: datetime) -> Examined:
        found = [*_certification(sealed), self._sealer(sealed)]
        stamps = list(reader.embedded_timestamp_signatures)
        last = stamps[-1] if stamps else None
        found += _level(last, size)
        archived_at = None if last is None else _time_of(last)
        told, validated = self._validated(sealed, at, archived_at)
        found += validated
        reason = str(sealed.sig_object.get("/Reason", ""))
        signed_at = _stamped_at(told, "signature_timestamp_status")
        seal = seal_of(reason, signed_at or at)
        if seal is None:
            found.append(Finding("reason", False, "the seal does not say what it seals"))
        level = "B-LTA" if all(one.ok for one in found) else "below B-LTA"
        return Examined(tuple(found), seal, level, signed_at, archived_at)

    def _sealer(self, sealed: Any) -> Finding:
        known = {one.certificate.sha256 for one in self._trust.seals}
        is_ours = sealed.signer_cert is not None and sealed.signer_cert.sha256 in known
        detail = (
            "one of the lender's certificates" if is_ours else "not a certificate of the lender"
        )
        return Finding("sealer", is_ours, detail)

    def _validated(
        self, sealed: Any, at: datetime, archived_at: datetime | None
    ) -> tuple[Any, list[Finding]]:
        lists: tuple[Any, ...] = ()
        when, as_of = archived_at or at, "as of the archive timestamp"
        if self._lists is not None:
            lists = self._lists.fetch(self._trust.crl_urls, at)
            when, as_of = at, "as of now"
        try:
            with _now_is(max(at, when)):
                told = asyncio.run(_ades(sealed, self._trust, lists, when))
        except Exception as error:  # noqa: BLE001  # a validator fed with anything at all
            why = f"cannot be validated: {type(error).__name__}"
            return None, [Finding("signature", False, why)]
        status = told.api_status
        passed = told.ades_subindic.status.name == _PASSED
        indication = getattr(told.ades_subindic, "standard_name", str(told.ades_subindic))
        findings = [
            _yes("signature", status.intact and status.valid, "intact and by the named key",
                 "the signed bytes were changed"),
            _yes("changes", status.docmdp_ok, "nothing was changed after the seal",
                 "something was changed that the seal forbids"),
            _yes("chain", passed, f"to a trusted root, not revoked; {as_of} ({indication})",
                 f"not proven: {indication}"),
            _yes("timestamp", _stamped_at(told, "signature_timestamp_status") is not None,
                 "the signature's time is that of a trusted service", "no trusted timestamp"),
        ]  # fmt: skip
        return told, findings


@contextmanager
def _now_is(now: datetime) -> Iterator[None]:
    """pyHanko proves existence by the machine's clock, whatever time one validates at.

    A contract signed on a virtual day ahead of it (the local cloud) would not be proven.
    """

    class Fixed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(now.timestamp(), tz)

    modules: tuple[Any, ...] = (ades_past, poe)
    before = [one.datetime for one in modules]
    for one in modules:
        one.datetime = Fixed
    try:
        yield
    finally:
        for one, datetime_of in zip(modules, before, strict=True):
            one.datetime = datetime_of


async def _ades(sealed: Any, trust: Trust, lists: Iterable[Any], when: datetime) -> Any:
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(list(trust.roots)),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    known = LocalKnowledge(known_crls=[CRLContainer(one) for one in lists])
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=policy, local_knowledge=known)
    )
    timing = ValidationTimingInfo(when, when, point_in_time_validation=False)
    return await ades_lta_validation(sealed, spec, timing)


def _certification(sealed: Any) -> Iterable[Finding]:
    perm = sealed.docmdp_level
    yield _yes("certification", perm == MDPPerm.NO_CHANGES, "certified, no changes allowed",
               "not certified against changes")  # fmt: skip


def _level(last: Any, size: int) -> Iterable[Finding]:
    """The archive timestamp is the last signature, over every byte of the file."""
    if last is None:
        yield Finding("level", False, "the archive timestamp is not there: cut, or never made")
        return
    yield Finding("level", True, "an archive timestamp")
    start, first, second, rest = (int(number) for number in last.byte_range)
    covered = start == 0 and second + rest == size and first < second
    yield _yes("nothing_after", covered, "the archive timestamp covers the file to its end",
               "there are bytes after the last timestamp")  # fmt: skip


def _yes(check: str, ok: bool, good: str, bad: str) -> Finding:
    return Finding(check, bool(ok), good if ok else bad)


def _stamped_at(told: Any, name: str) -> datetime | None:
    stamp = getattr(told, name, None)
    if stamp is None:
        return None
    status = getattr(stamp, "api_status", stamp)
    when = getattr(status, "timestamp", None)
    return when if isinstance(when, datetime) else None


def _time_of(stamp: Any) -> datetime | None:
    when = stamp.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    return when if isinstance(when, datetime) else None


# pyHanko tells at length on stderr of every document that is not valid; the verdict says it.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)

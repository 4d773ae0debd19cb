"""The Sealer port: a certifying PAdES signature by a KMS key, up to level B-LTA.

Two revisions are added. The first holds the signature, which allows no change after it, and a
timestamp over it. The second holds chain and revocation lists of both certificates (known
beforehand, so nothing is validated while a customer waits) and the archive timestamp over all.
One call of KMS, two of the timestamp service.
"""

import asyncio
import io
from typing import IO, Final

from asn1crypto import algos, crl
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, Signer
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lending.adapters import aws
from lending.adapters.pades.authority_http import HttpTimeStamper, RevocationLists, verify_raw
from lending.adapters.pades.reason import FIELD, reason_of
from lending.adapters.pades.trust import SealIdentity, Trust
from lending.domain.faults import Permanent, Retryable
from lending.ports.sealing import Seal, Sealed

_MD: Final = "sha256"
_RAW_BYTES_MAX: Final = 4096  # what KMS takes as it is; CMS attributes are about 300 bytes
# An operator's doing, who can undo it: the contract waits instead of being lost.
_SUSPENDED: Final = frozenset({"DisabledException", "KMSInvalidStateException"})
_ECDSA_BYTES: Final = 72  # the longest DER form of a P-256 signature


class KmsSigner(Signer):
    """pyHanko's seam for a key that never leaves KMS (MessageType RAW: KMS hashes itself)."""

    def __init__(self, identity: SealIdentity) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple(identity.chain)
        is_rsa = identity.certificate.public_key.algorithm == "rsa"
        self._identity = identity
        self._algorithm = "RSASSA_PKCS1_V1_5_SHA_256" if is_rsa else "ECDSA_SHA_256"
        bits = identity.certificate.public_key.bit_size
        self._length = bits // 8 if is_rsa else _ECDSA_BYTES
        super().__init__(
            signing_cert=identity.certificate,
            cert_registry=registry,
            signature_mechanism=algos.SignedDigestAlgorithm(
                {"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"}
            ),
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """One call of KMS, and a look at what came back.

        Raises:
            Retryable: KMS is busy, or the key is disabled for now.
            Permanent: the certificate in the trust document is not of this key.
        """
        if dry_run:
            return bytes(self._length)
        if digest_algorithm != _MD or len(data) > _RAW_BYTES_MAX:
            raise Permanent(f"cannot sign {len(data)} bytes under {digest_algorithm}")
        signature = self._kms_sign(data)
        try:
            verify_raw(self._identity.certificate, signature, data)
        except (InvalidSignature, ValueError, TypeError):
            raise Permanent("the seal's certificate is not that of its key") from None
        return signature

    def _kms_sign(self, data: bytes) -> bytes:
        with aws.faults("kms.Sign"):
            try:
                answer = aws.kms().sign(
                    KeyId=self._identity.key_id,
                    Message=data,
                    MessageType="RAW",
                    SigningAlgorithm=self._algorithm,  # type: ignore[arg-type]  # two literals
                )
            except ClientError as error:
                if aws.error_code(error) in _SUSPENDED:
                    raise Retryable("kms.Sign: the key is not enabled") from error
                raise
        return answer["Signature"]


class PadesSealer:
    """See `lending.ports.sealing.Sealer`. Made once a process; warm after its first document."""

    def __init__(self, trust: Trust, timestamps: HttpTimeStamper, lists: RevocationLists) -> None:
        self._trust = trust
        self._signer = KmsSigner(trust.current)
        self._timestamps = timestamps
        self._lists = lists
        self._reserved: int | None = None

    def seal(self, pdf: bytes, seal: Seal) -> Sealed:
        """Seal to B-LTA. Raises Retryable, Permanent."""
        lists = self._lists.fetch(self._trust.crl_urls, seal.claimed_at)
        try:
            sealed = asyncio.run(self._sealed(pdf, seal, lists))
        except PdfError as error:
            raise Permanent(f"the document cannot be sealed: {type(error).__name__}") from error
        return Sealed(sealed, self._trust.current.key_id)

    async def _sealed(
        self, pdf: bytes, seal: Seal, lists: tuple[crl.CertificateList, ...]
    ) -> bytes:
        metadata = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm=_MD,
            subfilter=fields.SigSeedSubFilter.PADES,
            reason=reason_of(seal),
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        signer = PdfSigner(metadata, signer=self._signer, timestamper=self._timestamps)
        session = signer.init_signing_session(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        session.system_time = seal.claimed_at
        if self._reserved is None:  # from a whole rehearsal: once a process, with room to spare
            rehearsed = await session.estimate_signature_container_size(None)
            self._reserved = (rehearsed + rehearsed // 4) & ~1  # hexadecimal: an even number
        prepared = session.prepare_tbs_document(None, self._reserved)
        digest, output = prepared.digest_tbs_document()
        signed = await prepared.perform_signature(
            digest.document_digest, PdfCMSSignedAttributes(signing_time=seal.claimed_at)
        )
        await signed.post_signature_processing(output)
        # Where the digest left room, with its brackets: reading it back costs more than signing.
        output.seek(digest.reserved_region_start + 1)
        length = digest.reserved_region_end - digest.reserved_region_start - 2
        return await self._archived(output, output.read(length), lists)

    async def _archived(
        self, signed: IO[bytes], contents: bytes, lists: tuple[crl.CertificateList, ...]
    ) -> bytes:
        """`contents`: the signature as it stands in the file, hexadecimal with its padding."""
        writer = IncrementalPdfFileWriter(signed)
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            contents,
            certs=[
                *self._trust.current.chain,
                *self._trust.roots,
                *self._timestamps.cert_registry,
            ],
            crls=lists,
        )
        stamped = await PdfTimeStamper(self._timestamps).async_timestamp_pdf(
            writer, _MD, in_place=True
        )
        stamped.seek(0)
        return bytes(stamped.read())

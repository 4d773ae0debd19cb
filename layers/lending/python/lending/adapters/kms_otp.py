"""One-time passwords whose only stored trace is a keyed MAC made inside KMS.

A bare hash of six digits could be searched in a second; a KMS MAC cannot be computed outside.
"""

import secrets
from typing import Final

from botocore.exceptions import ClientError

from lending.adapters import aws

_ALGORITHM: Final = "HMAC_SHA_256"


class KmsOtp:
    """The Otp port on a KMS HMAC key."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def code(self) -> str:
        """Six random digits."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def mac(
        self, *, code: str, purpose: str, person: str, document_sha256: str, otp_id: str
    ) -> bytes:
        """The MAC that binds code, purpose, person, document and OTP id. Raises a fault."""
        with aws.faults("kms.GenerateMac"):
            answer = aws.kms().generate_mac(
                KeyId=self._key_id,
                Message=_message(code, purpose, person, document_sha256, otp_id),
                MacAlgorithm=_ALGORITHM,
            )
        return answer["Mac"]

    def verify(
        self,
        mac: bytes,
        *,
        code: str,
        purpose: str,
        person: str,
        document_sha256: str,
        otp_id: str,
    ) -> bool:
        """Whether `mac` was made from exactly these. Raises Retryable or Permanent."""
        with aws.faults("kms.VerifyMac"):
            try:
                answer = aws.kms().verify_mac(
                    KeyId=self._key_id,
                    Message=_message(code, purpose, person, document_sha256, otp_id),
                    MacAlgorithm=_ALGORITHM,
                    Mac=mac,
                )
            except ClientError as error:
                if aws.error_code(error) == "KMSInvalidMacException":
                    return False
                raise
        return answer["MacValid"]


def _message(code: str, purpose: str, person: str, document_sha256: str, otp_id: str) -> bytes:
    """Length-prefixed parts, so that no two different sets give the same message."""
    parts = ("otp", otp_id, purpose, person, document_sha256, code)
    return "|".join(f"{len(part)}:{part}" for part in parts).encode()

"""One-time passwords: bound to document and id, never computable outside KMS."""

import pytest
from lending.adapters.kms_otp import KmsOtp
from lending.domain.faults import Permanent, Retryable
from lending.ports.system import Otp

from tests.adapters.conftest import Calls
from tests.fakes.system import FakeOtp

CODE, DOCUMENT, OTP_ID = "012345", "d" * 64, "otp_1"
BOUND = {"purpose": "sign_contract", "person": "cus_1"}


@pytest.fixture(params=["fake", "kms"])
def otp(request: pytest.FixtureRequest) -> Otp:
    return FakeOtp() if request.param == "fake" else KmsOtp(request.getfixturevalue("mac_key"))


def test_a_code_is_six_digits(otp: Otp) -> None:
    codes = {otp.code() for _ in range(50)}
    assert all(len(code) == 6 and code.isdecimal() and code.isascii() for code in codes)


def test_codes_are_not_repeated_and_may_begin_with_zero(mac_key: str) -> None:
    otp = KmsOtp(mac_key)
    codes = [otp.code() for _ in range(2000)]
    assert len(set(codes)) > 1900
    assert any(code.startswith("0") for code in codes)


def test_only_the_same_code_purpose_person_document_and_id_verify(otp: Otp) -> None:
    mac = otp.mac(code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND)
    assert otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND) is True
    assert otp.verify(mac, code="012346", document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND) is False
    assert otp.verify(mac, code=CODE, document_sha256="e" * 64, otp_id=OTP_ID, **BOUND) is False
    assert otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id="otp_2", **BOUND) is False
    for other in ({**BOUND, "person": "cus_2"}, {**BOUND, "purpose": "change_account"}):
        assert otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **other) is False
    assert CODE.encode() not in mac


def test_parts_cannot_be_shifted_into_each_other(mac_key: str) -> None:
    otp = KmsOtp(mac_key)
    mac = otp.mac(code="1|23", document_sha256="d", otp_id="o", **BOUND)
    assert otp.verify(mac, code="23", document_sha256="d|1", otp_id="o", **BOUND) is False
    assert otp.verify(mac, code="1|23", document_sha256="o", otp_id="d", **BOUND) is False


def test_kms_being_down_is_never_a_wrong_code(mac_key: str, calls: Calls) -> None:
    otp = KmsOtp(mac_key)
    mac = otp.mac(code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND)
    calls.fail("VerifyMac", "KMSInternalException", 500)
    with pytest.raises(Retryable):
        otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND)
    calls.fail("VerifyMac", "DisabledException")
    with pytest.raises(Permanent):
        otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND)
    calls.fail("VerifyMac", "KMSInvalidMacException")
    assert otp.verify(mac, code=CODE, document_sha256=DOCUMENT, otp_id=OTP_ID, **BOUND) is False

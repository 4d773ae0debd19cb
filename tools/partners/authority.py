"""Certificate authority and timestamp service of the sandbox. For development only.

`POST /certificates {public_key, common_name}` (PEM) certifies a key for sealing, `GET /ca.pem`
is the root, `GET /ca.crl` the list of what was revoked, `POST /tsa` answers RFC 3161 queries.
`POST /_control/revocations {serial}` revokes; the failure modes are those of every sandbox.
"""

import hashlib
import secrets
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.partners.journal import Journal
from tools.partners.service import Answer, Call, MalformedError, Partner

ORGANISATION = "Autolend Sandbox"
LIFETIME = timedelta(days=3650)
CRL_TERM = timedelta(days=30)
TSA_POLICY = "1.3.6.1.4.1.4146.2.2"  # a test policy: the sandbox promises nothing


class Authority:
    """One root that certifies seals and the timestamp service; keys outlive a restart."""

    def __init__(self, state_dir: Path, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._revoked = Journal(state_dir / "authority_revoked.jsonl")
        self._serials: set[int] = {int(entry["serial"]) for entry in self._revoked}
        self._partner = Partner(
            name="authority",
            operations={
                "GET /ca.pem": self.root,
                "GET /ca.crl": self.revocations,
                "POST /certificates": self.certify,
                "POST /tsa": self.timestamp,
                "POST /": self.timestamp,  # the address that a deployment is given
                "POST /_control/revocations": self.revoke,
            },
            on_reset=[self.reset],
        )
        self._ca_key = _key(state_dir / "authority_ca.pem")
        self._tsa_key = _key(state_dir / "authority_tsa.pem")
        self._root = _kept(state_dir / "authority_ca.crt", self._root_certificate)
        self._tsa = _kept(state_dir / "authority_tsa.crt", self._tsa_certificate)
        self._tsa_asn1 = asn1_x509.Certificate.load(_der(self._tsa))
        self._certified: list[str] = []

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    def root(self, _call: Call) -> Answer:
        """The root certificate, PEM."""
        return Answer(200, _pem(self._root).encode(), "application/x-pem-file")

    def certify(self, call: Call) -> Answer:
        """A certificate for a public key; the chain is leaf first, without the root."""
        try:
            key = serialization.load_pem_public_key(call.text("public_key").encode())
        except ValueError as reason:
            raise MalformedError("public_key is no PEM") from reason
        if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise MalformedError("public_key is neither EC nor RSA")
        made = self._issued(key, call.text("common_name"), None)
        return Answer(
            200,
            {
                "chain": [_pem(made)],
                "root": _pem(self._root),
                "crl_url": f"{self._url}/ca.crl",
                "tsa_url": f"{self._url}/tsa",
                "serial": str(made.serial_number),
            },
        )

    def revoke(self, call: Call) -> Answer:
        """Put a serial number on the list."""
        serial = int(call.text("serial"))
        with self._lock:
            if serial not in self._serials:
                self._serials.add(serial)
                self._revoked.append({"serial": str(serial), "at": self._now().isoformat()})
        return Answer(200, {"serial": str(serial)})

    def revocations(self, _call: Call) -> Answer:
        """The list of what was revoked, DER."""
        now = self._now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._root.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + CRL_TERM)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca_key.public_key()),
                critical=False,
            )
        )
        with self._lock:
            serials = sorted(self._serials)
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial)
            builder = builder.add_revoked_certificate(
                revoked.revocation_date(now - timedelta(hours=1)).build()
            )
        made = builder.sign(self._ca_key, hashes.SHA256())
        return Answer(200, made.public_bytes(serialization.Encoding.DER), "application/pkix-crl")

    def timestamp(self, call: Call) -> Answer:
        """A signed timestamp over the digest asked for (RFC 3161)."""
        try:
            query = tsp.TimeStampReq.load(call.raw, strict=True)
            imprint = query["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
        except (ValueError, TypeError, KeyError) as reason:
            raise MalformedError("not a timestamp query") from reason
        if algorithm != "sha256":
            raise MalformedError("only sha256 is stamped")
        token = self._token(query, imprint)
        answer = tsp.TimeStampResp(
            {"status": tsp.PKIStatusInfo({"status": "granted"}), "time_stamp_token": token}
        )
        return Answer(200, answer.dump(), "application/timestamp-reply")

    def reset(self) -> None:
        """Nothing is revoked any more; the keys stay."""
        with self._lock:
            self._serials.clear()
            self._revoked.clear()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._partner.clock.now(), UTC)

    def _token(self, query: tsp.TimeStampReq, imprint: tsp.MessageImprint) -> cms.ContentInfo:
        told: dict[str, Any] = {
            "version": "v1",
            "policy": TSA_POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(63),
            "gen_time": self._now().replace(microsecond=0),
            "tsa": asn1_x509.GeneralName("directory_name", self._tsa_asn1.subject),
        }
        if query["nonce"].native is not None:
            told["nonce"] = query["nonce"]
        content = tsp.TSTInfo(told).dump()
        certificate_hash = hashlib.sha256(self._tsa_asn1.dump()).digest()
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", hashlib.sha256(content).digest()),
                _attribute(
                    "signing_certificate_v2",
                    tsp.SigningCertificateV2({"certs": [{"cert_hash": certificate_hash}]}),
                ),
            ]
        )
        signature = self._tsa_key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        issuer = cms.IssuerAndSerialNumber(
            {"issuer": self._tsa_asn1.issuer, "serial_number": self._tsa_asn1.serial_number}
        )
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier("issuer_and_serial_number", issuer),
                "digest_algorithm": digest,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signed_attrs": attributes,
                "signature": signature,
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(content),
                },
                "certificates": [self._tsa_asn1],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _root_certificate(self) -> x509.Certificate:
        return self._issued(self._ca_key.public_key(), "Sandbox Root CA", "root")

    def _tsa_certificate(self) -> x509.Certificate:
        return self._issued(self._tsa_key.public_key(), "Sandbox TSA", "tsa")

    def _issued(
        self,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        common_name: str,
        role: str | None,
    ) -> x509.Certificate:
        is_root, now = role == "root", self._now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name))
            .issuer_name(_name(common_name) if is_root else self._root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca_key.public_key()),
                critical=False,
            )
            .add_extension(_usage(is_root, is_seal=role is None), critical=True)
        )
        if role == "tsa":
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(stamping, critical=True)
        if not is_root:
            address = x509.UniformResourceIdentifier(f"{self._url}/ca.crl")
            point = x509.DistributionPoint([address], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        return builder.sign(self._ca_key, hashes.SHA256())


def _usage(is_root: bool, *, is_seal: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=is_seal,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key kept at a path; made when there is none."""
    if path.exists():
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path.name} is not an EC key")
        return loaded
    made = ec.generate_private_key(ec.SECP256R1())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    return made


def _kept(path: Path, make: Any) -> x509.Certificate:
    if path.exists():
        return x509.load_pem_x509_certificate(path.read_bytes())
    made: x509.Certificate = make()
    path.write_text(_pem(made))
    return made


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)

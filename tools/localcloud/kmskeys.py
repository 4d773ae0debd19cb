"""KMS keys of moto as data, so that wrapped data keys outlive the process."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives import serialization
from moto.kms.models import KmsBackend, kms_backends

_FORMER = "_local_former_ids"


class AmbiguousKey(Exception):
    """Two deployed keys fit one saved key: give them aliases or different descriptions."""


def dump_keys(account_id: str, region: str) -> list[dict[str, Any]]:
    """Every key with its material as JSON data. Handle with care: it decrypts everything."""
    backend = kms_backends[account_id][region]
    return sorted(
        ({key.id: _dump(key) for key in backend.keys.values()}).values(),
        key=lambda saved: str(saved["id"]),
    )


def _dump(key: Any) -> dict[str, Any]:
    saved = {
        "id": key.id,
        "former_ids": sorted(key.__dict__.get(_FORMER, ())),
        "usage": key.key_usage,
        "spec": key.key_spec,
        "description": key.description,
        "multi_region": key.multi_region,
        "material": base64.b64encode(key.key_material).decode(),
        "aliases": sorted(key.aliases),
        "policy": key.policy,
        "state": key.key_state,
    }
    if key.key_usage == "SIGN_VERIFY":
        saved["private_key"] = key.private_key.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    return saved


def restore_keys(account_id: str, region: str, saved: Iterable[Mapping[str, Any]]) -> None:
    """Puts saved material into the freshly deployed keys, or adds keys that were not deployed.

    A saved key belongs to the deployed key with its id, else with one of its aliases, else the
    only one with its usage, spec and description; functions may go on using the new id.
    Raises AmbiguousKey.
    """
    backend = kms_backends[account_id][region]
    _let_ids_be_synonyms()
    deployed = {key.id: key for key in backend.keys.values()}
    for one in saved:
        twin = _twin(one, deployed)
        if twin is None:
            twin = _add(backend, one)
        else:
            deployed.pop(twin.id, None)
        twin.key_material = base64.b64decode(one["material"])
        if "private_key" in one:
            twin.private_key.private_key = serialization.load_pem_private_key(
                one["private_key"].encode(), password=None
            )
        # moto's ciphertexts name the key by id, so the key answers to all it ever had.
        former = {one["id"], *one["former_ids"]} - {twin.id}
        twin.__dict__[_FORMER] = former
        backend.keys.update(dict.fromkeys(former, twin))


def _twin(one: Mapping[str, Any], deployed: Mapping[str, Any]) -> Any | None:
    if one["id"] in deployed:
        return deployed[one["id"]]
    wanted = _identity(one["usage"], one["spec"], one["description"])
    by_alias = [key for key in deployed.values() if set(key.aliases) & set(one["aliases"])]
    found = by_alias or [
        key
        for key in deployed.values()
        if _identity(key.key_usage, key.key_spec, key.description) == wanted
    ]
    if len(found) > 1:
        raise AmbiguousKey(f"{one['description'] or one['spec']}: {len(found)} keys fit")
    return found[0] if found else None


def _identity(usage: str, spec: str, description: str | None) -> str:
    return json.dumps([usage, spec, description or ""])


def _add(backend: Any, one: Mapping[str, Any]) -> Any:
    key = backend.create_key(
        one["policy"],
        one["usage"],
        one["spec"],
        one["description"],
        None,
        multi_region=one["multi_region"],
    )
    del backend.keys[key.id]
    key.arn = key.arn.replace(key.id, one["id"])
    key.id = one["id"]
    key.key_state = one["state"]
    key.enabled = one["state"] == "Enabled"
    backend.keys[key.id] = key
    for alias in one["aliases"]:
        if not backend.alias_exists(alias):
            backend.create_alias(key.id, alias)
    return key


def _let_ids_be_synonyms() -> None:
    """Makes moto's `Decrypt` with a `KeyId` accept a ciphertext under the key's saved id."""

    def decrypt(
        self: Any,
        ciphertext_blob: bytes,
        encryption_context: dict[str, str],
        key_id: str | None = None,
    ) -> tuple[bytes, str]:
        plaintext, arn = _original_decrypt(self, ciphertext_blob, encryption_context, None)
        if key_id is not None and self.describe_key(key_id).arn != arn:
            # The stock method words the refusal.
            _original_decrypt(self, ciphertext_blob, encryption_context, key_id)
        return plaintext, arn

    KmsBackend.decrypt = decrypt


_original_decrypt = KmsBackend.decrypt

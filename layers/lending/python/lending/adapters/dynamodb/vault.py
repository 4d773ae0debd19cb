"""The Vault port: the customers table, every field sealed with its customer's own key.

AES-256-GCM with the customer, the field's name and the row's version as associated data, so
that no ciphertext can be moved to another person, field or time. Masked texts lie beside the
ciphertexts: showing a masked view opens nothing.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.rows import BlindRow, ConsentRow, CustomerKeyRow, ProfileRow
from lending.adapters.dynamodb.table import Item, RowCorrupt, Table, Work, new_row, read
from lending.adapters.kms_vault_keys import BlindIndex, CustomerKeys, nonce
from lending.domain.faults import Erased, NotFound, StaleVersion
from lending.domain.masking import mask
from lending.ports.vault import Consent

INDEXED: Final = ("id_no", "mobile")
_NONCE_BYTES: Final = 12
_ATTEMPTS: Final = 3


class DynamoKmsVault:
    """See `lending.ports.vault.Vault`."""

    def __init__(
        self,
        table_name: str,
        vault_key_id: str,
        index_key_id: str,
        keys_of: CustomerKeys | None = None,
    ) -> None:
        self._table = Table(table_name)
        self._keys = keys_of or CustomerKeys(vault_key_id)
        self._index = BlindIndex(index_key_id)

    def save(
        self, customer_id: str, fields: Mapping[str, str], consents: tuple[Consent, ...]
    ) -> None:
        """Seal and store; the latest value of each field wins, earlier other fields stay.

        A consent that is already recorded stays as it was given.

        Raises:
            Erased: the customer's key was destroyed.  Retryable: a store was busy.
        """
        _until_not_stale(lambda: self._save(customer_id, fields, consents))

    def read(self, customer_id: str, purpose: str, names: tuple[str, ...]) -> dict[str, str]:
        """Open the named fields; absent ones are left out. `purpose` is why (for the audit).

        Raises:
            NotFound: no such customer.  Erased: the key was destroyed.
        """
        del purpose
        key_at, profile_at = keys.customer_key(customer_id), keys.customer_profile(customer_id)
        items = self._table.get_many((key_at, profile_at))
        key = _live_key(customer_id, items.get(key_at))
        if profile_at not in items:  # a batch is no snapshot: an erasure may fall into it
            raise self._absent(customer_id)
        profile = read(ProfileRow, items[profile_at])
        cipher = AESGCM(self._keys.unwrap(customer_id, _wrapped(key)))
        return {
            name: _open(cipher, customer_id, name, profile.sealed[name])
            for name in names
            if name in profile.sealed
        }

    def masked(self, customer_id: str) -> dict[str, str]:
        """Every field masked by its kind; nothing is decrypted. Raises NotFound or Erased."""
        profile = self._table.get(ProfileRow, keys.customer_profile(customer_id))
        if profile is None:
            raise self._absent(customer_id)
        return {str(name): str(text) for name, text in profile.masked.items()}

    def consents(self, customer_id: str) -> tuple[Consent, ...]:
        """Every consent by id; they outlive an erasure, as evidence."""
        items = self._table.query(
            keys.customer_partition(customer_id), Path("sk").startswith(keys.CONSENT_PREFIX)
        )
        rows = (read(ConsentRow, item) for item in items)
        return tuple(
            Consent(
                row.consent_id, row.purpose, row.version, row.text_sha256, row.given_at, row.locale
            )
            for row in rows
        )

    def erase(self, customer_id: str, at: datetime) -> None:
        """Destroy key, profile and blind index in one transaction; leave a tombstone.

        Raises:
            NotFound: no such customer.  Retryable: a store was busy.
        """
        _until_not_stale(lambda: self._erase(customer_id, at))
        self._keys.forget(customer_id)

    def token(self, field: str, value: str) -> str:
        """What stands for a value outside the vault. Raises Retryable."""
        return self._index.mac_hex(field, value)

    def find(self, field: str, value: str) -> str | None:
        """The customer with exactly this value of an indexed field."""
        if field not in INDEXED:
            raise ValueError(f"{field} has no index")
        row = self._table.get(BlindRow, keys.blind(field, self._index.mac_hex(field, value)))
        return None if row is None else row.customer_id

    def _save(
        self, customer_id: str, fields: Mapping[str, str], consents: tuple[Consent, ...]
    ) -> None:
        work = Work()
        key_at, key = keys.customer_key(customer_id), keys.customer_profile(customer_id)
        given = {keys.consent(customer_id, one.consent_id): one for one in consents}
        # No snapshot, nor need it be: the commit holds key, profile and consents to what was read.
        known_rows = self._table.get_many((key_at, key, *given))
        cipher = AESGCM(self._data_key(customer_id, known_rows.get(key_at), work))
        profile = read(ProfileRow, known_rows[key]) if key in known_rows else None
        version = 1 if profile is None else profile.version + 1
        sealed = {name: _seal(cipher, customer_id, name, version, fields[name]) for name in fields}
        masked = {name: mask(name, value) for name, value in fields.items()}
        blind = {
            name: self._index.mac_hex(name, fields[name]) for name in INDEXED if name in fields
        }
        known = dict(profile.blind) if profile else {}
        row = ProfileRow(
            pk=key.pk,
            sk=key.sk,
            version=version,
            sealed={**(profile.sealed if profile else {}), **sealed},
            masked={**(profile.masked if profile else {}), **masked},
            blind={**known, **blind},
        )
        was = new_row() if profile is None else Path("version") == {"N": str(profile.version)}
        work.puts.append(self._table.put(row, was))
        for field, mac_hex in blind.items():
            if known.get(field, mac_hex) != mac_hex:
                self._unindex(work, customer_id, keys.blind(field, known[field]))
            at = keys.blind(field, mac_hex)
            work.puts.append(self._table.put(BlindRow(pk=at.pk, sk=at.sk, customer_id=customer_id)))
        for at, consent in given.items():
            if at not in known_rows:
                work.puts.append(self._table.put(_consent_row(at, consent), new_row()))
        self._table.commit(work)

    def _erase(self, customer_id: str, at: datetime) -> None:
        key = keys.customer_key(customer_id)
        row = self._table.get(CustomerKeyRow, key)
        if row is None:
            raise NotFound(customer_id)
        if row.erased_at is not None:
            return
        profile_key = keys.customer_profile(customer_id)
        profile = self._table.get(ProfileRow, profile_key)
        work = Work()
        tombstone = CustomerKeyRow(pk=key.pk, sk=key.sk, erased_at=at)
        work.puts.append(self._table.put(tombstone, _still(row)))
        if profile is not None:
            same = Path("version") == {"N": str(profile.version)}
            work.deletes.append(self._table.touch(profile_key, condition=same))
            for field, mac_hex in profile.blind.items():
                self._unindex(work, customer_id, keys.blind(field, mac_hex))
        self._table.commit(work)

    def _unindex(self, work: Work, customer_id: str, key: keys.Key) -> None:
        """Remove an index row, unless it meanwhile names another customer."""
        row = self._table.get(BlindRow, key)
        if row is not None and row.customer_id == customer_id:
            ours = Path("customer_id") == {"S": customer_id}
            work.deletes.append(self._table.touch(key, condition=ours))

    def _data_key(self, customer_id: str, item: Item | None, work: Work) -> bytes:
        """The customer's plain key; a new customer's is created with the same commit."""
        key = keys.customer_key(customer_id)
        if item is not None:
            row = read(CustomerKeyRow, item)
            if row.erased_at is not None:
                raise Erased(customer_id)
            # Without this check, a save could bring a profile back behind an erasure.
            work.checks.append(self._table.touch(key, condition=_still(row)))
            return self._keys.unwrap(customer_id, _wrapped(row))
        plain, wrapped = self._keys.create(customer_id)
        work.puts.append(
            self._table.put(CustomerKeyRow(pk=key.pk, sk=key.sk, dek=wrapped), new_row())
        )
        return plain

    def _absent(self, customer_id: str) -> NotFound | Erased:
        """Why there is no profile: never known, or erased (also just now)."""
        row = self._table.get(CustomerKeyRow, keys.customer_key(customer_id))
        erased = row is not None and row.erased_at is not None
        return Erased(customer_id) if erased else NotFound(customer_id)


def _live_key(customer_id: str, item: Item | None) -> CustomerKeyRow:
    if item is None:
        raise NotFound(customer_id)
    row = read(CustomerKeyRow, item)
    if row.erased_at is not None:
        raise Erased(customer_id)
    return row


def _until_not_stale(attempt: Callable[[], None]) -> None:
    """Read and write again when another writer of the same customer came first."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except StaleVersion:
            continue
    return attempt()


def _still(row: CustomerKeyRow) -> Condition:
    """The wrapped key is the one that was read."""
    return Path("dek") == {"B": _wrapped(row)}


def _wrapped(row: CustomerKeyRow) -> bytes:
    if row.dek is None:
        raise RowCorrupt(f"{row.pk} {row.sk}: no key")
    return row.dek


def _aad(customer_id: str, field: str, version: int) -> bytes:
    return f"{customer_id}|{field}|{version}".encode()


def _seal(cipher: AESGCM, customer_id: str, field: str, version: int, value: str) -> list[object]:
    """[version, base64(nonce + ciphertext)]: the version is part of what is authenticated."""
    fresh = nonce()
    sealed = fresh + cipher.encrypt(fresh, value.encode(), _aad(customer_id, field, version))
    return [version, base64.b64encode(sealed).decode()]


def _open(cipher: AESGCM, customer_id: str, field: str, stored: list[object]) -> str:
    try:
        version, text = stored
        raw = base64.b64decode(str(text), validate=True)
        plain = cipher.decrypt(
            raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _aad(customer_id, field, int(str(version)))
        )
    except (InvalidTag, ValueError) as error:
        raise RowCorrupt(f"{customer_id} {field}: {type(error).__name__}") from error
    return plain.decode()


def _consent_row(key: keys.Key, consent: Consent) -> ConsentRow:
    return ConsentRow(
        pk=key.pk,
        sk=key.sk,
        consent_id=consent.consent_id,
        purpose=consent.purpose,
        version=consent.version,
        text_sha256=consent.text_sha256,
        given_at=consent.given_at,
        locale=consent.locale,
    )

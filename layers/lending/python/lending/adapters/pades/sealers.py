"""Sealer and examiner of the trust document in force, made anew when the document changes."""

from lending.adapters.pades.authority_http import HttpTimeStamper, RevocationLists
from lending.adapters.pades.examiner import PadesExaminer
from lending.adapters.pades.sealer import PadesSealer
from lending.adapters.pades.trust import trust_of
from lending.adapters.trust_store import S3TrustStore
from lending.ports.sealing import Examiner, Sealer


class Sealers:
    """One a process."""

    def __init__(self, store: S3TrustStore, tsa_url: str) -> None:
        self._store = store
        self._timestamps = HttpTimeStamper(tsa_url)
        self._lists = RevocationLists()
        self._made: tuple[bytes, Sealer] | None = None

    def current(self) -> Sealer:
        """The sealer of the newest certificate. Raises Retryable, Permanent."""
        document = self._store.document()
        if self._made is None or self._made[0] != document:
            made = PadesSealer(trust_of(document), self._timestamps, self._lists)
            self._made = (document, made)
        return self._made[1]


class Examiners:
    """The examiner of the trust document in force, with the authorities' lists of the day."""

    def __init__(self, store: S3TrustStore) -> None:
        self._store = store
        self._lists = RevocationLists()

    def current(self) -> Examiner:
        """An examiner. Raises Retryable, Permanent."""
        return PadesExaminer(trust_of(self._store.document()), self._lists)

"""Bank messages for tests: valid unless a test says what to do wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

URN = "urn:iso:std:iso:20022:tech:xsd:"
CREATED = "2026-11-24T21:00:00Z"
DAY = "2026-11-24"


@dataclass(frozen=True)
class Entry:
    """One Ntry; amounts as the bank writes them. `details` replaces the single detail."""

    amount: str = "100.00"
    sign: str = "CRDT"
    bank_reference: str = "BK-1"
    reference: str = "NOTPROVIDED"
    family: str = "RCDT"
    sub_family: str = "ESCT"
    remittance: str = ""
    status: str = "BOOK"
    currency: str = "CNY"
    booked_on: str = DAY
    value_on: str = DAY
    reason: str = ""
    reversal: bool = False
    details: tuple[str, ...] = ()
    extra: str = ""

    def xml(self) -> str:
        """The element. An empty string leaves its field out."""
        money = f'<Amt Ccy="{self.currency}">{self.amount}</Amt>' if self.amount else ""
        sign = _tag("CdtDbtInd", self.sign)
        reversal = "<RvslInd>true</RvslInd>" if self.reversal else ""
        status = f"<Sts>{_tag('Cd', self.status)}</Sts>" if self.status else ""
        booked = f"<BookgDt><Dt>{self.booked_on}</Dt></BookgDt>" if self.booked_on else ""
        valued = f"<ValDt><Dt>{self.value_on}</Dt></ValDt>" if self.value_on else ""
        code = (
            f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{self.family}</Cd>"
            f"<SubFmlyCd>{self.sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        )
        details = "".join(self.details) or self.detail()
        return (
            f"<Ntry>{money}{sign}{reversal}{status}{booked}{valued}"
            f"{_tag('AcctSvcrRef', self.bank_reference)}{code}"
            f"<NtryDtls>{details}</NtryDtls>{self.extra}</Ntry>\n"
        )

    def detail(self) -> str:
        """Its single detail."""
        return detail(reference=self.reference, remittance=self.remittance, reason=self.reason)


def detail(
    *,
    reference: str = "NOTPROVIDED",
    bank_reference: str = "",
    amount: str = "",
    currency: str = "CNY",
    sign: str = "",
    remittance: str = "",
    reason: str = "",
) -> str:
    """One TxDtls."""
    money = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    text = f"<RmtInf><Ustrd>{escape(remittance)}</Ustrd></RmtInf>" if remittance else ""
    returned = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    return (
        f"<TxDtls><Refs>{_tag('AcctSvcrRef', bank_reference)}{_tag('EndToEndId', reference)}"
        f"</Refs>{money}{_tag('CdtDbtInd', sign)}{text}{returned}</TxDtls>"
    )


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def balance(code: str, amount: str, currency: str = "CNY", day: str = DAY) -> str:
    """A Bal; a leading minus makes it a debit balance."""
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.removeprefix("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


@dataclass(frozen=True)
class Stmt:
    """One statement."""

    entries: Iterable[Entry] = ()
    opening: str = "1000.00"
    closing: str = "1000.00"
    statement_id: str = "ST-1"
    account_currency: str = "CNY"
    balances: str | None = None
    summary: str = ""

    def xml(self) -> Iterator[str]:
        """The element, piece by piece."""
        yield (
            f"<Stmt>{_tag('Id', self.statement_id)}<CreDtTm>{CREATED}</CreDtTm>"
            f"<Acct><Id><Othr><Id>LENDER1</Id></Othr></Id>{_tag('Ccy', self.account_currency)}"
            "</Acct>"
        )
        if self.balances is None:
            yield balance("OPBD", self.opening) + balance("CLBD", self.closing)
        else:
            yield self.balances
        yield self.summary
        for entry in self.entries:
            yield entry.xml()
        yield "</Stmt>"


def camt053(*statements: Stmt, message_id: str = "M-053") -> Iterator[bytes]:
    """A statement message, piece by piece."""
    pieces = (piece for statement in statements for piece in statement.xml())
    yield from _document("camt.053.001.08", "BkToCstmrStmt", message_id, pieces)


def camt054(*entries: Entry, message_id: str = "M-054") -> Iterator[bytes]:
    """A notification message, piece by piece."""

    def pieces() -> Iterator[str]:
        yield f"<Ntfctn><Id>NT-1</Id><CreDtTm>{CREATED}</CreDtTm>"
        yield "<Acct><Id><Othr><Id>LENDER1</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
        for entry in entries:
            yield entry.xml()
        yield "</Ntfctn>"

    yield from _document("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", message_id, pieces())


@dataclass(frozen=True)
class Verdict:
    """One TxInfAndSts."""

    reference: str = "dis-app_1"
    code: str = "ACSC"
    reason: str = ""
    bank_reference: str = "BK-1"
    amount: str = ""

    def xml(self) -> str:
        """The element."""
        reason = f"<StsRsnInf><Rsn><Cd>{self.reason}</Cd></Rsn></StsRsnInf>" if self.reason else ""
        original = (
            f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{self.amount}</InstdAmt></Amt></OrgnlTxRef>'
            if self.amount
            else ""
        )
        return (
            f"<TxInfAndSts>{_tag('OrgnlEndToEndId', self.reference)}{_tag('TxSts', self.code)}"
            f"{reason}{_tag('AcctSvcrRef', self.bank_reference)}{original}</TxInfAndSts>"
        )


@dataclass(frozen=True)
class Report:
    """A pain.002."""

    verdicts: tuple[Verdict, ...] = ()
    group: str = ""
    group_reason: str = ""
    batch: str = ""
    original: str = "M-001"
    message_id: str = "M-002"
    more: tuple[str, ...] = field(default=())

    def xml(self) -> bytes:
        """The message."""
        reason = (
            f"<StsRsnInf><Rsn><Cd>{self.group_reason}</Cd></Rsn></StsRsnInf>"
            if self.group_reason
            else ""
        )
        head = (
            f"<OrgnlGrpInfAndSts>{_tag('OrgnlMsgId', self.original)}"
            f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{_tag('GrpSts', self.group)}{reason}"
            "</OrgnlGrpInfAndSts>"
        )
        batch = (
            f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{self.original}</OrgnlPmtInfId>"
            f"{_tag('PmtInfSts', self.batch)}{''.join(one.xml() for one in self.verdicts)}"
            "</OrgnlPmtInfAndSts>"
        )
        pieces = [head, batch if self.batch or self.verdicts else "", *self.more]
        return b"".join(_document("pain.002.001.10", "CstmrPmtStsRpt", self.message_id, pieces))


def _document(kind: str, message: str, message_id: str, pieces: Iterable[str]) -> Iterator[bytes]:
    head = f"<GrpHdr>{_tag('MsgId', message_id)}<CreDtTm>{CREATED}</CreDtTm></GrpHdr>\n"
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{URN}{kind}">'.encode()
    yield f"<{message}>{head}".encode()
    for piece in pieces:
        yield piece.encode()
    yield f"</{message}></Document>\n".encode()


class Pieces:
    """A byte stream made while it is read, so that a large file never is in memory."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""
        self.size = 0

    def read(self, amount: int = -1, /) -> bytes:
        """At least one byte until the end, at most `amount`."""
        parts = [self._rest]
        held = len(self._rest)
        while amount < 0 or held < amount:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece)
            held += len(piece)
        text = b"".join(parts)
        cut = len(text) if amount < 0 else amount
        self._rest = text[cut:]
        self.size += len(text[:cut])
        return text[:cut]

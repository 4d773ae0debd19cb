"""The terms a customer signs, as plain text, and the hash that the signature covers."""

import hashlib

from lending.domain.records import Application, Offer

TITLES = {
    "zh-CN": ("贷款合同", "综合融资成本明示表"),
    "zh-TW": ("貸款合約", "綜合融資成本明示表"),
    "en": ("Loan contract", "All-in cost sheet"),
}
LABELS = {
    "zh-CN": ("本金", "年化利率", "期限(月)", "每期还款", "利息合计", "费用合计", "综合年化成本"),
    "zh-TW": ("本金", "年化利率", "期限(月)", "每期還款", "利息合計", "費用合計", "綜合年化成本"),
    "en": (
        "Principal",
        "Annual rate",
        "Term (months)",
        "Instalment",
        "Total interest",
        "Total fees",
        "All-in annual cost",
    ),
}


def render_terms(application: Application, offer: Offer, locale: str) -> str:
    """The contract's text: deterministic, without personal data, English where unknown."""
    locale = locale if locale in TITLES else "en"
    title, sheet = TITLES[locale]
    values = (
        amount(offer.principal_minor, offer.currency),
        rate(offer.annual_rate_bps),
        str(offer.term_months),
        amount(offer.instalment_minor, offer.currency),
        amount(offer.total_interest_minor, offer.currency),
        amount(offer.total_fees_minor, offer.currency),
        rate(offer.apr_bps),
    )
    lines = [title, application.application_id, offer.offer_id, "", sheet]
    lines += [f"{label}: {value}" for label, value in zip(LABELS[locale], values, strict=True)]
    lines += ["", f"terms sha256 {offer.terms_sha256}"]
    return "\n".join(lines) + "\n"


def document_sha256(text: str) -> str:
    """Hash of exactly the bytes that were shown (UTF-8)."""
    return hashlib.sha256(text.encode()).hexdigest()


def amount(minor: int, currency: str) -> str:
    """Two-decimal amount with its currency, such as `CNY 1,234.50`."""
    return f"{currency} {minor // 100:,}.{minor % 100:02d}"


def rate(bps: int) -> str:
    """Basis points as a percentage, such as `6.80 %`."""
    return f"{bps // 100}.{bps % 100:02d} %"

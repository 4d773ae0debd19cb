"""The terms a customer signs, as plain text, and the hash that the signature covers.

Cost sheet and plan come from the offer's own schedule, which is also what the loan is opened
with: with a PERIODIC day count every amount in the text is the amount of the loan.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from lending.domain.agreed import Agreed, AgreedAddOn
from lending.domain.cost_texts import text
from lending.domain.disclosure.cost_sheet import Contingency, Item
from lending.domain.money import Rounding
from lending.domain.pricing.agreement import schedule_of
from lending.domain.pricing.sheet import sheet_of
from lending.domain.products import pct_text
from lending.domain.records import Application, Offer

TITLES: Final = {
    "zh-CN": ("贷款合同", "综合融资成本明示表"),
    "zh-TW": ("貸款合約", "綜合融資成本明示表"),
    "en": ("Loan contract", "All-in cost sheet"),
}
LABELS: Final = {
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
# plan, paid out, each cost, contingent, add-ons, plan of repayment, and what a lease adds
HEADINGS: Final = {
    "zh-CN": (
        "还款方式", "放款金额", "各项费用(收取方)", "或有费用(仅在发生时收取)", "自愿附加产品",
        "还款计划(期次 / 本金 / 利息 / 费用 / 合计 / 剩余本金)", "首期还款", "末期还款",
    ),
    "zh-TW": (
        "還款方式", "撥款金額", "各項費用(收取方)", "或有費用(僅在發生時收取)", "自願附加產品",
        "還款計畫(期次 / 本金 / 利息 / 費用 / 合計 / 剩餘本金)", "首期還款", "末期還款",
    ),
    "en": (
        "Plan", "Paid out", "Every cost, and who charges it",
        "Charged only if it happens", "Optional add-ons",
        "Repayment plan (month / principal / interest / fee / total / balance)",
        "First instalment", "Last instalment",
    ),
}  # fmt: skip
LEASE: Final = {
    "zh-CN": (
        "租赁期内车辆所有权属于出租人", "留购价款", "保证金(随最后一期退还)",
        "期满:支付留购价款取得所有权,或还车,或续租",
    ),
    "zh-TW": (
        "租賃期內車輛所有權屬於出租人", "留購價款", "保證金(隨最後一期退還)",
        "期滿:支付留購價款取得所有權,或還車,或續租",
    ),
    "en": (
        "The lessor owns the vehicle during the term", "Purchase option price",
        "Deposit (returned with the last payment)",
        "At the end: buy at that price, return the vehicle, or renew",
    ),
}  # fmt: skip


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
    if offer.agreed is not None:
        lines += _rest(offer, offer.agreed, locale)
    lines += ["", f"terms sha256 {offer.terms_sha256}"]
    return "\n".join(lines) + "\n"


def _rest(offer: Offer, rest: Agreed, locale: str) -> Iterator[str]:
    """Plan, every cost by payee, what is contingent, add-ons, and the rows."""
    currency = offer.currency
    plan, paid_out, costs, contingent, add_ons, rows, first, last = HEADINGS[locale]
    yield f"{plan}: {text(offer.plan, locale)}"
    yield f"{paid_out}: {amount(rest.payout_minor, currency)}"
    yield f"{first}: {amount(rest.first_instalment_minor, currency)}"
    yield f"{last}: {amount(rest.last_instalment_minor, currency)}"
    if rest.parameters.residual_minor is not None:
        yield from _lease(rest, currency, locale)
    sheet = sheet_of(offer)
    if sheet is not None:
        yield from ("", costs)
        yield from (_item(item, currency, locale) for item in sheet.items)
        yield from ("", contingent)
        yield from (_contingency(one, currency, locale) for one in sheet.contingencies)
    optional = [one for one in rest.add_ons if not one.in_all_in_cost]
    if optional:
        yield from ("", add_ons)
    for one in optional:
        yield f"{text(one.code, locale)} ({text(one.payee, locale)}): {_of(one, currency, locale)}"
    yield from ("", rows)
    for row in schedule_of(offer, date.fromisoformat(rest.priced_on), Rounding.HALF_UP).rows:
        parts = (row.principal_minor, row.interest_minor, row.fee_minor, row.total_minor)
        yield " / ".join([str(row.n), *map(number, (*parts, row.balance_minor))])


def _lease(rest: Agreed, currency: str, locale: str) -> Iterator[str]:
    owner, price, deposit, at_end = LEASE[locale]
    yield owner
    yield f"{price}: {amount(rest.parameters.residual_minor or 0, currency)}"
    if rest.parameters.deposit_minor:
        yield f"{deposit}: {amount(rest.parameters.deposit_minor, currency)}"
    yield at_end


def _of(one: AgreedAddOn, currency: str, locale: str) -> str:
    price = amount(one.price_minor, currency)
    if not one.financed_minor:
        return price
    return f"{price} ({text('financed', locale)} {amount(one.financed_minor, currency)})"


def _item(item: Item, currency: str, locale: str) -> str:
    how = "" if item.pct is None else f", {_share(item.base, item.pct, locale)}"
    return (
        f"{text(item.code, locale)} ({text(item.payee, locale)}, {text(item.when, locale)}{how}): "
        f"{amount(item.total_minor, currency)}"
    )


def _contingency(one: Contingency, currency: str, locale: str) -> str:
    if one.pct is None:
        measure = amount(one.amount_minor or 0, currency)
    else:
        measure = _share(one.base, one.pct, locale)
    return f"{text(one.code, locale)} ({text(one.payee, locale)}): {measure}"


def _share(base: str | None, pct: Fraction, locale: str) -> str:
    return f"{text(base or '', locale)} × {pct_text(pct)} %"


def document_sha256(document: str) -> str:
    """Hash of exactly the bytes that were shown (UTF-8)."""
    return hashlib.sha256(document.encode()).hexdigest()


def amount(minor: int, currency: str) -> str:
    """Two-decimal amount with its currency, such as `CNY 1,234.50`."""
    return f"{currency} {number(minor)}"


def number(minor: int) -> str:
    """Two decimals and thousands, such as `1,234.50`."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def rate(bps: int) -> str:
    """Basis points as a percentage, such as `6.80 %`."""
    return f"{bps // 100}.{bps % 100:02d} %"

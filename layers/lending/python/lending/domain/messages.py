"""What customers are told by SMS, in their language. No amount of money without its currency."""

from collections.abc import Mapping
from datetime import date

from lending.domain.contract import amount

OTP: dict[str, str] = {
    "zh-CN": "【Autolend】签约验证码 {code},{minutes} 分钟内有效。请勿告诉他人。",
    "zh-TW": "【Autolend】簽約驗證碼 {code},{minutes} 分鐘內有效。請勿告訴他人。",
    "en": "Autolend: your signing code is {code}, valid for {minutes} minutes. Tell nobody.",
}
NOTICES: dict[str, dict[str, str]] = {
    "ApplicationApproved": {
        "zh-CN": "【Autolend】您的申请已通过,请登录查看并选择方案。",
        "zh-TW": "【Autolend】您的申請已通過,請登入查看並選擇方案。",
        "en": "Autolend: your application is approved. Sign in to see your offers.",
    },
    "ApplicationDeclined": {
        "zh-CN": "【Autolend】您的申请未能通过,原因请登录查看,您可要求人工复核。",
        "zh-TW": "【Autolend】您的申請未能通過,原因請登入查看,您可要求人工覆核。",
        "en": "Autolend: we cannot lend now. Sign in for the reasons or a review.",
    },
    "ApplicationReferred": {
        "zh-CN": "【Autolend】您的申请正在人工审核,我们会尽快通知您结果。",
        "zh-TW": "【Autolend】您的申請正在人工審核,我們會盡快通知您結果。",
        "en": "Autolend: a person is looking at your application. We will tell you soon.",
    },
    "LoanFunded": {
        "zh-CN": "【Autolend】您的贷款 {amount} 已发放。",
        "zh-TW": "【Autolend】您的貸款 {amount} 已發放。",
        "en": "Autolend: your loan of {amount} is paid out.",
    },
    "LoanExtended": {
        "zh-CN": "【Autolend】您的贷款展期已生效,新的还款计划请登录查看。",
        "zh-TW": "【Autolend】您的貸款展期已生效,新的還款計畫請登入查看。",
        "en": "Autolend: your loan is extended. Sign in to see the new plan.",
    },
    "AmendmentChanged.APPROVED": {
        "zh-CN": "【Autolend】您的展期申请已通过,请登录阅读并签署展期协议。",
        "zh-TW": "【Autolend】您的展期申請已通過,請登入閱讀並簽署展期協議。",
        "en": "Autolend: your extension is approved. Sign in to read and sign it.",
    },
    "AmendmentChanged.DECLINED": {
        "zh-CN": "【Autolend】您的展期申请未能通过,原还款计划不变。",
        "zh-TW": "【Autolend】您的展期申請未能通過,原還款計畫不變。",
        "en": "Autolend: we cannot extend your loan. Your plan stays as it is.",
    },
    "AmendmentChanged.EXPIRED": {
        "zh-CN": "【Autolend】展期协议未在期限内签署,原还款计划不变。",
        "zh-TW": "【Autolend】展期協議未在期限內簽署,原還款計畫不變。",
        "en": "Autolend: your extension was not signed in time. Your plan stays as it is.",
    },
    "AmendmentChanged.STALE": {
        "zh-CN": "【Autolend】您的贷款有变动,展期协议需重新生成并签署。",
        "zh-TW": "【Autolend】您的貸款有變動,展期協議需重新產生並簽署。",
        "en": "Autolend: your loan changed. Please read and sign the extension anew.",
    },
    "InstalmentReminderDue": {
        "zh-CN": "【Autolend】提醒:{due_on} 应还款 {amount}。",
        "zh-TW": "【Autolend】提醒:{due_on} 應還款 {amount}。",
        "en": "Autolend: {amount} is due on {due_on}.",
    },
    "InstalmentReminderDue.debited": {
        "zh-CN": "【Autolend】提醒:{due_on} 将从您的还款账户扣款 {amount},请确保余额充足。",
        "zh-TW": "【Autolend】提醒:{due_on} 將從您的還款帳戶扣款 {amount},請確保餘額充足。",
        "en": "Autolend: we will debit {amount} from your repayment account on {due_on}.",
    },
    "PaymentReceived": {
        "zh-CN": "【Autolend】已收到您的还款 {amount}。",
        "zh-TW": "【Autolend】已收到您的還款 {amount}。",
        "en": "Autolend: we received your payment of {amount}.",
    },
    "AutoDebitFailed": {
        "zh-CN": "【Autolend】{due_on} 到期的 {amount} 扣款未成功,请您主动还款。",
        "zh-TW": "【Autolend】{due_on} 到期的 {amount} 扣款未成功,請您主動還款。",
        "en": "Autolend: we could not debit {amount}, due on {due_on}. Please pay it yourself.",
    },
    "AutoDebitFailed.again": {
        "zh-CN": "【Autolend】{due_on} 到期的 {amount} 扣款未成功,{next_on} 将再次扣款。",
        "zh-TW": "【Autolend】{due_on} 到期的 {amount} 扣款未成功,{next_on} 將再次扣款。",
        "en": "Autolend: we could not debit {amount}, due on {due_on}. We try again on {next_on}.",
    },
}


def otp_text(code: str, ttl_seconds: int, locale: str) -> str:
    """The message that carries a one-time password."""
    return OTP.get(locale, OTP["en"]).format(code=code, minutes=ttl_seconds // 60)


def notice_text(kind: str, locale: str, data: Mapping[str, object]) -> str | None:
    """The customer's text of an event; None when this kind is not told."""
    texts = NOTICES.get(_variant(kind, data))
    if texts is None:
        return None
    minor = data.get("amount_minor", data.get("principal_minor"))
    return texts.get(locale, texts["en"]).format(
        amount=amount(minor, str(data["currency"])) if isinstance(minor, int) else "",
        due_on=_day(data.get("due_on")),
        next_on=_day(data.get("next_on")),
    )


def _variant(kind: str, data: Mapping[str, object]) -> str:
    """What is told differently: who pays, whether we try again, how it stands."""
    if kind == "InstalmentReminderDue" and data.get("is_debited"):
        return f"{kind}.debited"
    if kind == "AutoDebitFailed" and data.get("next_on"):
        return f"{kind}.again"
    return f"{kind}.{data['status']}" if kind == "AmendmentChanged" else kind


def _day(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value

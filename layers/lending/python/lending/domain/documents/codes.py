"""What codes outside the cost sheet are called in print: vehicles, purposes, identity documents."""

from typing import Final

from lending.domain.cost_texts import text

ZH_CN: Final = {
    "new": "新车", "used": "二手车", "ice": "燃油", "nev": "新能源",
    "vehicle_purchase": "购买车辆", "consumption": "个人消费", "working_capital": "经营周转",
    "cn_id": "居民身份证", "us_ssn": "社会安全号码", "passport": "护照",
    "auto": "汽车贷款", "finance_lease": "汽车融资租赁", "consumer": "个人消费贷款",
    "personal_business": "个人经营性贷款",
    "accrual": "计提", "disbursement": "放款", "payment": "还款", "reversal": "冲正",
    "charge": "收费", "waiver": "减免", "settlement": "结清", "refund": "退款",
    "write_off": "核销", "recovery": "收回", "transfer": "转账", "replan": "展期",
    "income_loss": "收入下降", "illness": "疾病", "business_difficulty": "经营困难",
    "other": "其他",
    "free_of_charge": "不收取费用",
    "same_day_monthly": "放款日的每月对应日\n（无对应日的为当月最后一日）",
}  # fmt: skip
ZH_TW: Final = {
    "new": "新車", "used": "中古車", "ice": "燃油", "nev": "新能源",
    "vehicle_purchase": "購買車輛", "consumption": "個人消費", "working_capital": "經營週轉",
    "cn_id": "居民身分證", "us_ssn": "社會安全號碼", "passport": "護照",
    "auto": "汽車貸款", "finance_lease": "汽車融資租賃", "consumer": "個人消費貸款",
    "personal_business": "個人經營性貸款",
    "accrual": "計提", "disbursement": "撥款", "payment": "還款", "reversal": "沖正",
    "charge": "收費", "waiver": "減免", "settlement": "結清", "refund": "退款",
    "write_off": "核銷", "recovery": "收回", "transfer": "轉帳", "replan": "展期",
    "income_loss": "收入下降", "illness": "疾病", "business_difficulty": "經營困難",
    "other": "其他",
    "free_of_charge": "不收取費用",
    "same_day_monthly": "撥款日的每月對應日\n（無對應日的為當月最後一日）",
}  # fmt: skip
EN: Final = {
    "ice": "Combustion", "nev": "New energy", "cn_id": "Resident identity card",
    "us_ssn": "Social security number", "gps": "GPS device", "gps_provider": "GPS provider",
    "gap": "GAP cover", "upfront": "On the day of payout", "financed": "Added to the principal",
    "each_instalment": "With each instalment", "flat": "Flat-rate instalments",
    "late_payment": "When a payment is late", "return_of_vehicle": "When the vehicle is returned",
    "returned_payment": "When a payment is returned", "balance": "Remaining principal",
    "same_day_monthly": "The day of the month of the payout,\nor the last day of a shorter month",
    "auto": "Car loan", "finance_lease": "Car finance lease", "consumer": "Consumer loan",
    "personal_business": "Business loan", "lease": "Finance lease",
    "equal_instalment": "Equal instalments", "replan": "New plan",
}  # fmt: skip
NAMES: Final = {"zh-CN": ZH_CN, "zh-TW": ZH_TW, "en": EN}


def named(code: str, locale: str) -> str:
    """The words for a code; where there are none, the code in plain English with a capital."""
    found = NAMES.get(locale, {}).get(code) or text(code, locale)
    return found[:1].upper() + found[1:]

"""Reason texts for customers: plain, true, and in their language (English where unknown)."""

TEXTS: dict[str, dict[str, str]] = {
    "credit_history_weak": {
        "zh-CN": "信用记录评分偏低",
        "zh-TW": "信用記錄評分偏低",
        "en": "Your credit score is lower than we need.",
    },
    "credit_history_limited": {
        "zh-CN": "信用记录较少",
        "zh-TW": "信用記錄較少",
        "en": "Your credit history is too short to judge.",
    },
    "past_delinquency": {
        "zh-CN": "近期有逾期还款记录",
        "zh-TW": "近期有逾期還款記錄",
        "en": "Your credit file shows late payments.",
    },
    "recent_enquiries": {
        "zh-CN": "近期信用查询次数较多",
        "zh-TW": "近期信用查詢次數較多",
        "en": "You applied for credit many times recently.",
    },
    "collateral_value_insufficient": {
        "zh-CN": "车辆价值不足以支持贷款金额",
        "zh-TW": "車輛價值不足以支持貸款金額",
        "en": "The vehicle is worth too little for this amount.",
    },
    "income_too_low_for_instalment": {
        "zh-CN": "月供占收入比例过高",
        "zh-TW": "月供佔收入比例過高",
        "en": "The instalment is high for your income.",
    },
    "debt_load_too_high": {
        "zh-CN": "现有负债较高",
        "zh-TW": "現有負債較高",
        "en": "You already owe much for your income.",
    },
    "term_too_long": {
        "zh-CN": "贷款期限过长",
        "zh-TW": "貸款期限過長",
        "en": "The term is too long.",
    },
    "employment_too_short": {
        "zh-CN": "工作年限较短",
        "zh-TW": "工作年限較短",
        "en": "You have been employed for a short time.",
    },
    "vehicle_too_old": {
        "zh-CN": "车龄过长",
        "zh-TW": "車齡過長",
        "en": "The vehicle is too old.",
    },
    "age_not_eligible": {
        "zh-CN": "年龄不符合要求",
        "zh-TW": "年齡不符合要求",
        "en": "Your age is outside what the law or our rules allow.",
    },
    "identity_not_confirmed": {
        "zh-CN": "身份信息待核实",
        "zh-TW": "身分資訊待核實",
        "en": "We could not confirm your identity.",
    },
    "loan_to_value_too_high": {
        "zh-CN": "贷款金额超过车价的允许比例",
        "zh-TW": "貸款金額超過車價的允許比例",
        "en": "The loan is larger than the allowed share of the vehicle's value.",
    },
    "debt_to_income_too_high": {
        "zh-CN": "负债收入比过高",
        "zh-TW": "負債收入比過高",
        "en": "All instalments together are too high for your income.",
    },
    "pd_too_high": {
        "zh-CN": "综合评分未达到要求",
        "zh-TW": "綜合評分未達到要求",
        "en": "The overall risk is above our limit.",
    },
    "amount_too_high": {
        "zh-CN": "申请金额超过该产品的上限",
        "zh-TW": "申請金額超過該產品的上限",
        "en": "The amount is above what we lend for this purpose.",
    },
    "down_payment_too_low": {
        "zh-CN": "首付比例过低",
        "zh-TW": "頭期款比例過低",
        "en": "The down payment is too small a share of the price.",
    },
    "exposure_too_high": {
        "zh-CN": "您在我司的贷款及申请总额超过上限",
        "zh-TW": "您在本公司的貸款及申請總額超過上限",
        "en": "With your other loans and applications here, the amount is above our limit.",
    },
    "too_many_open": {
        "zh-CN": "您在我司的未结清贷款或在途申请过多",
        "zh-TW": "您在本公司的未結清貸款或申請中案件過多",
        "en": "You have too many open loans or applications with us.",
    },
    "application_not_verified": {
        "zh-CN": "申请信息无法核实",
        "zh-TW": "申請資訊無法核實",
        "en": "We could not verify what the application says.",
    },
    "reviewer_declined": {
        "zh-CN": "人工审核未通过",
        "zh-TW": "人工審核未通過",
        "en": "A reviewer declined the application.",
    },
}
RIGHTS: dict[str, dict[str, str]] = {
    "explanation": {
        "zh-CN": "您可以要求我们说明自动化决策的依据",
        "zh-TW": "您可以要求我們說明自動化決策的依據",
        "en": "You can ask us to explain how the automated decision was made.",
    },
    "human_review": {
        "zh-CN": "您可以要求人工复核，拒绝仅由自动化方式作出的决定",
        "zh-TW": "您可以要求人工覆核，拒絕僅由自動化方式作出的決定",
        "en": "You can ask for a person to look at your application again.",
    },
    "credit_file_objection": {
        "zh-CN": "如信用报告有误，您可以向征信机构提出异议",
        "zh-TW": "如信用報告有誤，您可以向徵信機構提出異議",
        "en": "If your credit file is wrong, you can object to it at the credit bureau.",
    },
    "specific_reasons": {
        "zh-CN": "您有权获知拒绝的具体原因",
        "zh-TW": "您有權獲知拒絕的具體原因",
        "en": "You have a right to the specific reasons for this decision.",
    },
    "free_credit_report": {
        "zh-CN": "您可在60天内免费获取一份信用报告",
        "zh-TW": "您可在60天內免費取得一份信用報告",
        "en": "You can get a free copy of your credit report within 60 days.",
    },
    "credit_file_dispute": {
        "zh-CN": "您可以就信用报告中的错误向信用机构提出争议",
        "zh-TW": "您可以就信用報告中的錯誤向信用機構提出爭議",
        "en": "You can dispute wrong entries of your credit report with the agency.",
    },
}
REFERRED = {
    "zh-CN": "申请正在人工审核中",
    "zh-TW": "申請正在人工審核中",
    "en": "A person is looking at your application.",
}


def right_text(code: str, locale: str) -> str:
    """The customer's text of a right."""
    texts = RIGHTS[code]
    return texts.get(locale, texts["en"])


def reason_text(code: str, locale: str) -> str:
    """The customer's text of a reason; causes of a referral share one neutral text."""
    texts = TEXTS.get(code, REFERRED)
    return texts.get(locale, texts["en"])

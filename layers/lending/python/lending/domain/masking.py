"""What may be shown of a personal field: enough to recognise, too little to use."""

VISIBLE_TAIL = 4


def mask(field: str, value: str) -> str:
    """Mask by kind: a name keeps its first character, numbers their last four digits.

    Amounts and dates are withheld whole; an empty value stays empty.
    """
    if not value:
        return ""
    field = field.partition(".")[0]  # of several, such as payee_name.<payee id>
    if field in {"full_name", "payee_name", "payer_name"}:
        return value[0] + "*" * max(1, len(value) - 1)
    if field == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    if field in {"id_no", "mobile", "payee_account_no", "payer_account_no"}:
        hidden = max(0, len(value) - VISIBLE_TAIL)
        return "*" * hidden + value[hidden:] if hidden else "****"
    if field in {"id_type", "locale"}:
        return value
    return "***"

"""Products and add-ons as a market profile has them: values, checks and building (see each)."""

from lending.domain.products.product import (
    BPS,
    AddOn,
    AddOnFinance,
    ContingentFee,
    EarlySettlement,
    FeeRule,
    PlanOption,
    PriceRule,
    Product,
    pct_text,
)
from lending.domain.products.reading import add_on_finance_of, products_of, value_problems

__all__ = [
    "BPS",
    "AddOn",
    "AddOnFinance",
    "ContingentFee",
    "EarlySettlement",
    "FeeRule",
    "PlanOption",
    "PriceRule",
    "Product",
    "add_on_finance_of",
    "pct_text",
    "products_of",
    "value_problems",
]

"""Add-ons: what they cost, how much of them may be financed, and what comes back of them."""

from collections.abc import Iterator

from lending.domain.agreed import AddOnChoice, AgreedAddOn
from lending.domain.money import Rounding, divide
from lending.domain.pricing.asked import Asked
from lending.domain.problem import Problem
from lending.domain.products import BPS, AddOnFinance, PriceRule, Product

PERCENT = 100


def price_by_rule(rule: PriceRule, vehicle_price_minor: int | None) -> int | None:
    """What an add-on costs by its rule, half up; None when the provider sets the price.

    share: (price less VAT) times the percentage, less the relief.

    Raises:
        ValueError: the price depends on a vehicle's that is not known.
    """
    if rule.kind == "range":
        return None
    if rule.kind == "fixed":
        return rule.amount_minor
    if vehicle_price_minor is None:
        raise ValueError("the price depends on the vehicle's")
    # price * (pct / 100) / ((100 + vat) / 100): the percent signs cancel out.
    due = divide(
        vehicle_price_minor * rule.pct.numerator * rule.vat_pct.denominator,
        (PERCENT * rule.vat_pct.denominator + rule.vat_pct.numerator) * rule.pct.denominator,
        Rounding.HALF_UP,
    )
    relief = divide(due * rule.relief_bps, BPS, Rounding.HALF_UP)
    return due - min(relief, rule.relief_max_minor)


def priced_add_ons(asked: Asked, product: Product) -> tuple[AgreedAddOn, ...]:
    """The add-ons asked for, at their prices; `add_on_problems` has found nothing wrong."""
    return tuple(_priced(choice, asked, product) for choice in asked.add_ons)


def _priced(choice: AddOnChoice, asked: Asked, product: Product) -> AgreedAddOn:
    add_on = product.add_ons[choice.code]
    by_rule = price_by_rule(add_on.price, asked.price_minor)
    price = choice.price_minor or 0 if by_rule is None else by_rule
    return AgreedAddOn(
        code=add_on.code,
        payee=add_on.payee,
        price_minor=price,
        financed_minor=choice.financed_minor,
        in_all_in_cost=product.is_tied(add_on.code),
        on_cancel=add_on.on_cancel,
    )


def add_on_problems(
    asked: Asked, product: Product, finance: AddOnFinance | None, price_pointer: str
) -> Iterator[Problem]:
    """Everything wrong with the add-ons; `price_pointer` is where the vehicle's price stands."""
    found: list[Problem] = []
    codes = [choice.code for choice in asked.add_ons]
    for index, choice in enumerate(asked.add_ons):
        if choice.code not in product.add_ons:
            names = ", ".join(product.add_ons) or "none"
            found.append(Problem(f"/add_ons/{index}/code", f"this product has: {names}"))
        elif codes.index(choice.code) != index:
            found.append(Problem(f"/add_ons/{index}/code", "chosen twice"))
        else:
            found.extend(_choice_problems(index, choice, asked, product, price_pointer))
    found.extend(
        Problem("/add_ons", f"{code} is a condition of this product")
        for code in product.required_add_ons
        if code not in codes
    )
    yield from found
    if not found and finance is not None:
        yield from _finance_problems(priced_add_ons(asked, product), finance)


def _choice_problems(
    index: int, choice: AddOnChoice, asked: Asked, product: Product, price_pointer: str
) -> Iterator[Problem]:
    add_on, at = product.add_ons[choice.code], f"/add_ons/{index}"
    try:
        price = price_by_rule(add_on.price, asked.price_minor)
    except ValueError:
        yield Problem(price_pointer, f"missing: the price of {choice.code} depends on it")
        return
    if price is None:
        least, most = add_on.price.min_minor, add_on.price.max_minor
        price = choice.price_minor
        if price is None or not least <= price <= most:
            yield Problem(f"{at}/price_minor", f"{least} to {most} minor units")
            return
    elif choice.price_minor not in {None, price}:
        yield Problem(f"{at}/price_minor", f"it costs {price}")
    if choice.financed_minor and not add_on.financed_allowed:
        yield Problem(f"{at}/financed_minor", "not to be financed: 0")
    elif not 0 <= choice.financed_minor <= price:
        yield Problem(f"{at}/financed_minor", f"0 to its price of {price}")


def _finance_problems(priced: tuple[AgreedAddOn, ...], finance: AddOnFinance) -> Iterator[Problem]:
    most = finance.cap_minor(sum(one.price_minor for one in priced))
    if sum(one.financed_minor for one in priced) > most:
        yield Problem("/add_ons", f"at most {most} of these add-ons may be financed")


def refund_minor(
    price_minor: int, months: int, months_used: int, on_cancel: str, mode: Rounding
) -> int:
    """What comes back of an add-on that runs `months`, cancelled after `months_used` begun.

    Raises:
        ValueError: it runs for no month, or more were used than it runs.
    """
    if months < 1 or not 0 <= months_used <= months:
        raise ValueError("0 to all of the months are used, of at least one")
    if on_cancel == "none":
        return 0
    return divide(price_minor * (months - months_used), months, mode)

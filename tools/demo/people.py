"""Invented customers: right check digits, no real person (region 990202 does not exist)."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lending.domain.identifiers import (
    CN_ID_CHECKS,
    CN_ID_WEIGHTS,
    USCC_ALPHABET,
    VIN_VALUES,
    VIN_WEIGHTS,
)

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志文"
VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
CONSENT_VERSION = "2026-08"


@dataclass(frozen=True, slots=True)
class Person:
    """One customer: who signs in (`sub`), the phone to look at, and the application to send."""

    sub: str
    mobile: str
    body: dict[str, Any]
    label: str
    outcome_default: int | None = None
    bureau: dict[str, Any] | None = None
    value_minor: int | None = None
    flows: dict[str, Any] | None = None


def cn_people(seed: int, count: int) -> Iterator[Person]:
    """`count` mainland applicants for new, used and new-energy cars."""
    draw = random.Random(seed)
    for number in range(count):
        name = draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, draw.choice((1, 2))))
        yield _cn_person(draw, seed, number, name)


def _cn_person(draw: random.Random, seed: int, number: int, name: str) -> Person:
    product = draw.choices(("cn-auto-new", "cn-auto-nev", "cn-auto-used"), (5, 3, 2))[0]
    used = product == "cn-auto-used"
    price = draw.randrange(60_000, 320_000, 1_000) * 100
    amount = price * draw.randrange(45, 70 if used else 80) // 100 // 10_000 * 10_000
    income = draw.randrange(8_000, 36_000, 500) * 100
    own = random.Random(f"{seed}-{number}")  # apart, so that a new fact changes nothing else
    mobile = f"139{draw.randrange(10**8):08d}"
    body: dict[str, Any] = {
        "market": "cn",
        "product_id": product,
        "channel": "web",
        "currency": "CNY",
        "amount_minor": amount,
        "term_months": draw.choice((24, 36) if used else (24, 36, 48, 60)),
        "plan": "equal_instalment",
        "purpose": "vehicle_purchase",
        "down_payment_minor": price - amount,
        "vehicle": {
            "vin": vin(draw, "LZZ"),
            "condition": "used" if used else "new",
            "power": "nev" if product == "cn-auto-nev" else "ice",
            "price_minor": price,
            "model_year": 2022 if used else 2026,
            "odometer_km": draw.randrange(10_000, 90_000) if used else 0,
        },
        "applicant": {
            "full_name": name,
            "id_type": "cn_id",
            "id_no": cn_id(draw),
            "mobile": mobile,
            "income_monthly_minor": income,
            "other_debt_monthly_minor": draw.choice((0, 0, income // 10, income // 5)),
            "months_employed": draw.randrange(3, 180),
            "locale": draw.choice(("zh-CN", "zh-CN", "en")),
            "address": f"示例省示例市样板路{own.randrange(1, 10**6)}号",
            "employer": {
                "name": f"样板{own.choice(SURNAMES)}氏机械有限公司",
                "registration_no": uscc(own),
            },
        },
        "payee": {"name": "诚信汽车销售有限公司", "account_no": "6222999900001118"},
        "consents": consents(
            ("privacy", "bureau_query", "automated_decision", "e_sign", "data_sharing")
        ),
        "device": device(own),
    }
    flows = {
        "income_monthly_minor": income,
        "debt_monthly_minor": body["applicant"]["other_debt_monthly_minor"],
    }
    return Person(f"demo-{seed}-{number}", mobile, body, f"{name[0]}**", flows=flows)


def device(draw: random.Random) -> dict[str, str]:
    """A phone of its own, at an address that belongs to nobody (RFC 5737)."""
    return {
        "device_id": f"phone-{draw.getrandbits(96):024x}",
        "ip": f"203.0.113.{draw.randrange(1, 255)}",
        "app_version": "demo",
    }


def uscc(draw: random.Random) -> str:
    """A company number of an invented region with right check digits."""
    body = "".join(draw.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(8))
    organisation = body + _organisation_check(body)
    head = "91990202" + organisation
    total = sum(
        USCC_ALPHABET.index(character) * pow(3, index, 31) for index, character in enumerate(head)
    )
    return head + USCC_ALPHABET[(31 - total % 31) % 31]


def _organisation_check(body: str) -> str:
    """GB 11714: the ninth character of an organisation's code."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(
        int(character, 36) * weight for character, weight in zip(body, weights, strict=True)
    )
    check = 11 - total % 11
    return "X" if check == 10 else "0" if check == 11 else str(check)


def cn_id(draw: random.Random) -> str:
    """A resident id number of an invented region with a right check digit."""
    born = f"{draw.randrange(1968, 2004)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
    head = f"990202{born}{draw.randrange(1, 999):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(head, CN_ID_WEIGHTS, strict=True))
    return head + CN_ID_CHECKS[total % 11]


def vin(draw: random.Random, maker: str) -> str:
    """A vehicle number of an invented maker with a right check digit."""
    text = maker + "".join(draw.choice(VIN_ALPHABET) for _ in range(5)) + "0"
    text += "".join(draw.choice(VIN_ALPHABET) for _ in range(2))
    text += f"{draw.randrange(10**6):06d}"
    total = sum(
        VIN_VALUES[character] * weight for character, weight in zip(text, VIN_WEIGHTS, strict=True)
    )
    check = "X" if total % 11 == 10 else str(total % 11)
    return text[:8] + check + text[9:]


def consents(purposes: tuple[str, ...]) -> list[dict[str, str]]:
    """Consent entries with the hash of the text that was shown."""
    return [
        {
            "purpose": purpose,
            "version": CONSENT_VERSION,
            "text_sha256": hashlib.sha256(f"{purpose} {CONSENT_VERSION}".encode()).hexdigest(),
        }
        for purpose in purposes
    ]

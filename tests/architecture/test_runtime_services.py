"""The pruned runtime layer keeps the service models of every AWS client our adapters make."""

import re
from pathlib import Path

import lending

from infra.build_runtime import SERVICES

ADAPTERS = Path(lending.__file__).parent / "adapters"
CLIENT = re.compile(r'boto3\.client\(\s*"([a-z0-9-]+)"')


def test_every_client_has_its_service_model() -> None:
    made = {name for file in ADAPTERS.rglob("*.py") for name in CLIENT.findall(file.read_text())}
    assert made >= {"kms", "s3"}
    assert made <= SERVICES

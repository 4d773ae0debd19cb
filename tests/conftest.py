"""The booted product for every test that asks for it: one boot a worker."""

import pytest
from hypothesis import HealthCheck, settings

from tools.localcloud.pytest_plugin import client, fresh_subject, platform

__all__ = ["client", "fresh_subject", "platform"]

# Hypothesis times each example and its making by default; a busy machine would be a failed test.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a long test first, whatever their order: no worker is left alone with one."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)

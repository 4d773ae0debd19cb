"""The booted product for every test that asks for it: one boot a worker."""

from tools.localcloud.pytest_plugin import client, fresh_subject, platform

__all__ = ["client", "fresh_subject", "platform"]

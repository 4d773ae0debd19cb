"""The event pump: everything AWS pushes and moto does not (see `engine`)."""

from tools.localcloud.pump.engine import NotIdle, Pump

__all__ = ["NotIdle", "Pump"]

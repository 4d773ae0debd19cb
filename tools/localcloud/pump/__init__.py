"""The event pump: everything AWS pushes and moto does not (see `engine`)."""

from tools.localcloud.pump.engine import Pump
from tools.localcloud.pump.rest import NotIdle

__all__ = ["NotIdle", "Pump"]

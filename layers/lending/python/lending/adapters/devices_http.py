"""Behaviour of devices over HTTP: it is told a fingerprint, never a person."""

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.ports.partners import DeviceReport


class HttpDevices:
    """The Devices port: POST /devices."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("device", base_url)

    def report(self, *, device_id: str, ip: str | None) -> DeviceReport:
        """How the device behaves. Raises PartnerUnavailable."""
        question = {"device_id": device_id, "ip": ip}
        return self._http.answer("/devices", question, lambda shape: _read(shape, device_id))


def _read(shape: Shape, device_id: str) -> DeviceReport:
    shape.about("device_id", device_id)
    return DeviceReport(
        report_id=shape.text("report_id"),
        risk=shape.integer("risk", 0, 100),
        is_emulator=shape.flag("is_emulator"),
        is_proxied=shape.flag("is_proxied"),
    )

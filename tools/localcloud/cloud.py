"""Boots the local cloud with its pump and saved state, alone or with the partner sandboxes."""

import atexit
import contextlib
import gc
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from tools.localcloud import synth_cache
from tools.localcloud.enrolment import enrol

if TYPE_CHECKING:
    from tools.localcloud.core import Core
    from tools.localcloud.pump import Pump
    from tools.localcloud.snapshot import Restored, Snapshot

SWEEP_HANDLER = "functions.sweep.handler.handler"
PARAMETERS = {
    "BankRailUrl": "bank_rail",
    "BureauUrl": "bureau",
    "IdentityUrl": "identity",
    "ValuationUrl": "valuation",
    "IncomeUrl": "income",
    "DeviceUrl": "device",
    "EmployerUrl": "employer",
    "MessagesUrl": "messages",
    "IssuerUrl": "issuer",
    "TsaUrl": "authority",
}
"""Stack parameter -> partner sandbox whose URL it gets."""

PARTNER_SEED = 20_260_801
_PARTNERS_START_S = 20.0
_PARTNERS_STOP_S = 5.0

type Printer = Callable[[str], None]


class PartnersFailed(Exception):
    """The partner sandboxes did not come up."""


class NoRestApi(Exception):
    """The assembly deployed no REST API stage."""


class Cloud:
    """A booted local cloud; `close` it (it also closes when the process ends)."""

    def __init__(
        self, core: "Core", pump: "Pump", snapshot: "Snapshot | None", restored: "Restored | None"
    ) -> None:
        self.core = core
        self.pump = pump
        self.snapshot = snapshot
        self.restored = restored
        self._lock = threading.Lock()
        self._closed = False
        atexit.register(self.close)

    @property
    def url(self) -> str:
        """Base URL of all AWS APIs and of `/_localcloud/`."""
        return str(self.core.url)

    @property
    def api_url(self) -> str:
        """URL of the deployed REST API stage, without a slash at the end; raises NoRestApi."""
        doors = self.core.edge.front_doors
        if not doors:
            raise NoRestApi("no AWS::ApiGateway::Stage was deployed")
        return f"{self.url}/_api/{doors[0].api_id}/{doors[0].stage}"

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> float:
        """Moves the virtual clock step by step; see `Pump.advance`."""
        return self.pump.advance(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def save(self) -> bool:
        """Saves now; False when nothing changed or nothing is kept."""
        return self.snapshot.save() if self.snapshot is not None else False

    def close(self) -> None:
        """Stops delivering, saves, ends every process. Repeating it does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self.close)
        self.pump.stop()
        try:
            if self.snapshot is not None:
                self.snapshot.close()
        finally:
            self.core.close()

    def __enter__(self) -> "Cloud":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def boot(
    assembly_dir: Path,
    *,
    state_dir: Path | None,
    parameters: Mapping[str, str],
    log_dir: Path,
    port: int = 0,
    local_concurrency: int = 2,
    printer: Printer = print,
) -> Cloud:
    """Deploys an assembly, restores its state from `state_dir` (None: keeps none), starts the pump.

    After a restore the `sweep` function runs once, to restart what only lived in queues and
    executions. Raises SnapshotRefused when the state belongs to another app.
    """
    from tools.localcloud.core import start

    core = start(
        assembly_dir,
        parameters=dict(parameters),
        log_dir=log_dir,
        port=port,
        local_concurrency=local_concurrency,
        printer=printer,
    )
    # These import moto, which must come after the core has set its environment.
    from tools.localcloud.pump import Pump
    from tools.localcloud.snapshot import Snapshot

    try:
        snapshot = None if state_dir is None else Snapshot(core, state_dir / "cloud")
        restored = None if snapshot is None else snapshot.restore()
        pump = Pump(core, since_s=None if restored is None else restored.saved_at_s).start()
    except BaseException:
        core.close()
        raise
    cloud = Cloud(core, pump, snapshot, restored)
    _spare_the_collector()
    if snapshot is not None:
        snapshot.start()
        core.edge.admin_routes["snapshot"] = lambda _body: {"saved": cloud.save()}
    if restored is not None:
        printer(f"restored {restored.items} items")
        _sweep(core, printer)
    return cloud


def _spare_the_collector() -> None:
    """Tables, clients and service models stay for good: do not look through them again and again.

    With Python's default thresholds a quarter of this process's time went into full collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _sweep(core: "Core", printer: Printer) -> None:
    found = [f for f in core.deployer.functions.values() if f.spec.handler == SWEEP_HANDLER]
    payload = json.dumps({"reason": "boot", "at": core.clock.datetime().isoformat()}).encode()
    for function in found:
        status, body = core.edge.invoke(function.arn, payload)
        if status == "error":
            # The schedule runs it again within a minute, so booting goes on.
            printer(f"sweep after restore failed: {body.decode('utf-8', 'replace')[:400]}")


# Partners


class Partners:
    """The partner sandboxes in a process of their own; `urls` by sandbox name."""

    def __init__(self, root: Path, state_dir: Path, seed: int, first_port: int = 0) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        ports_file = state_dir / "ports.json"
        ports_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.partners.serve"]
        options = {
            "--state": str(state_dir),
            "--seed": str(seed),
            "--ports-file": str(ports_file),
            "--first-port": str(first_port),
        }
        with (state_dir / "partners.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(part for option in options.items() for part in option)],
                cwd=root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._http = urllib3.PoolManager(timeout=5.0, retries=False)
        try:
            self.urls: dict[str, str] = self._await(ports_file)
        except BaseException:
            self.close()
            raise

    def _await(self, ports_file: Path) -> dict[str, str]:
        deadline_s = time.monotonic() + _PARTNERS_START_S
        while not ports_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise PartnersFailed(f"see {ports_file.with_name('partners.log')}")
            time.sleep(0.02)
        urls: dict[str, str] = json.loads(ports_file.read_text("utf-8"))
        for name, url in urls.items():
            if self._http.request("GET", f"{url}/_control/log").status != 200:
                raise PartnersFailed(f"{name} is not healthy")
        return urls

    def set_clock(self, offset_s: float) -> None:
        """Moves the clocks of all sandboxes to `offset_s` seconds ahead of the real one."""
        for url in self.urls.values():
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                self._http.request("POST", f"{url}/_control/clock", json={"offset_s": offset_s})

    def close(self) -> None:
        """Ends the process; it ends by itself when its standard input closes."""
        self._http.clear()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_PARTNERS_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Platform:
    """The whole product on one machine: cloud and partner sandboxes with one clock."""

    def __init__(self, cloud: Cloud, partners: Partners, temporary: Path | None) -> None:
        self.cloud = cloud
        self._partners = partners
        self._temporary = temporary
        partners.set_clock(cloud.core.clock.offset_s)
        cloud.core.clock.add_listener(lambda _now_s: self._follow())
        cloud.core.edge.admin_routes["advance"] = lambda span: {"now": self.advance(**span)}

    def _follow(self) -> None:
        self._partners.set_clock(self.cloud.core.clock.offset_s)

    @property
    def partners(self) -> dict[str, str]:
        """URL of each sandbox by name (`tools.partners.serve.NAMES`)."""
        return dict(self._partners.urls)

    @property
    def url(self) -> str:
        """Base URL of the local cloud."""
        return self.cloud.url

    @property
    def api_url(self) -> str:
        """URL of the REST API stage."""
        return self.cloud.api_url

    def advance(self, **span: float) -> float:
        """Moves the one clock of all parts; see `Pump.advance`."""
        return self.cloud.advance(**span)

    def idle(self, timeout_s: float = 10.0) -> bool:
        """Waits until nothing is going on; see `Pump.idle`."""
        return self.cloud.pump.idle(timeout_s)

    def close(self) -> None:
        """Saves and ends everything."""
        try:
            self.cloud.close()
        finally:
            self._partners.close()
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> "Platform":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def platform(
    root: Path,
    state_dir: Path | None,
    *,
    assembly_dir: Path | None = None,
    port: int = 0,
    first_partner_port: int = 0,
    partner_seed: int = PARTNER_SEED,
    local_concurrency: int = 2,
    extra_parameters: Mapping[str, Any] | None = None,
    printer: Printer = print,
) -> Platform:
    """Synthesizes (or finds in `.cache/cdk`) the app under `root` and runs it with its partners.

    State lives in `state_dir` (`.autolend` by convention), or in a temporary directory that
    `close` removes. Raises SynthFailed, PartnersFailed and SnapshotRefused.
    """
    assembly_dir = assembly_dir or synth_cache.assembly(root, root / ".cache" / "cdk")
    temporary = Path(tempfile.mkdtemp(prefix="autolend-")) if state_dir is None else None
    home = temporary or state_dir or root / ".autolend"
    home.mkdir(parents=True, exist_ok=True)
    try:
        partners = Partners(root, home / "partners", partner_seed, first_partner_port)
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    try:
        cloud = boot(
            assembly_dir,
            state_dir=state_dir,
            parameters={
                **{parameter: partners.urls[name] for parameter, name in PARAMETERS.items()},
                **(extra_parameters or {}),
            },
            log_dir=home / "logs",
            port=port,
            local_concurrency=local_concurrency,
            printer=printer,
        )
        enrol(cloud.core, partners.urls["authority"])
    except BaseException:
        partners.close()
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Platform(cloud, partners, temporary)

"""Starts the local cloud: one loopback port, everything of an assembly deployed behind it."""

import contextlib
import os
import pkgutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tools.localcloud.assembly import load_assembly
from tools.localcloud.backoff import Backoffs
from tools.localcloud.clock import VirtualClock
from tools.localcloud.forge import launcher
from tools.localcloud.shortcut import Shortcut

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from tools.localcloud.deploy import Deployer
    from tools.localcloud.edge import Edge

ACCOUNT_ID = "123456789012"
REGION = "ap-southeast-1"


class Core:
    """A started cloud; `close` it. One per process: moto keeps its state in the process."""

    def __init__(
        self, url: str, edge: "Edge", deployer: "Deployer", clock: VirtualClock,
        backoffs: Backoffs, server: "BaseWSGIServer",
    ) -> None:  # fmt: skip
        self.url = url
        self.edge = edge
        self.deployer = deployer
        self.clock = clock
        self.backoffs = backoffs
        self._server = server

    def close(self) -> None:
        """Kills every worker and stops the server; safe to repeat."""
        for function in self.deployer.functions.values():
            function.close()
        self.deployer.launcher.close()
        with contextlib.suppress(OSError):
            self._server.shutdown()
            self._server.server_close()


def start(
    assembly_dir: Path,
    *,
    log_dir: Path,
    parameters: Mapping[str, str] | None = None,
    port: int = 0,
    account_id: str = ACCOUNT_ID,
    region: str = REGION,
    local_concurrency: int = 2,
    printer: Callable[[str], None] = print,
) -> Core:
    """Deploys the assembly and returns the running cloud.

    Must come before any other import of moto in this process.
    Raises FileNotFoundError (no assembly), UnknownResourceType, UnresolvedReference.
    """
    assembly = load_assembly(assembly_dir)
    chosen = port or _free_port()
    url = f"http://127.0.0.1:{chosen}"
    _set_environment(chosen, account_id, region)
    log_dir.mkdir(parents=True, exist_ok=True)
    # Imported now: moto reads its settings from the environment when it is imported.
    from tools.localcloud import ddbfix, motofast, sfnfix, sqsfix
    from tools.localcloud.deploy import Deployer
    from tools.localcloud.edge import Edge, serve
    from tools.localcloud.resources.api import front_doors
    from tools.localcloud.resources.functions import SITE_PACKAGES

    clock = VirtualClock()
    motofast.install()
    ddbfix.install(clock)
    sqsfix.install(clock)
    shortcut = Shortcut(url)
    backoffs = Backoffs(clock)
    sfnfix.install(clock, url, shortcut, backoffs)
    workers = launcher(SITE_PACKAGES)
    workers.prepare([])  # imports while the stacks are deployed
    deployer = Deployer(
        url=url,
        clock=clock,
        account_id=account_id,
        region=region,
        parameters=parameters or {},
        log_dir=log_dir,
        local_concurrency=local_concurrency,
        launcher=workers,
        shortcut=shortcut,
    )
    edge = Edge(clock, deployer.boto, account_id, region)
    shortcut.edge = edge
    server = serve(edge, chosen)
    try:
        deployer.deploy(assembly)
        workers.prepare(_own_layers(deployer, SITE_PACKAGES))
    except BaseException:
        workers.close()
        server.shutdown()
        server.server_close()
        raise
    edge.functions.update(deployer.functions)
    edge.front_doors += front_doors(deployer)
    edge.calls.clear()
    left_out = sum(deployer.ignored.values())
    printer(
        f"deployed {len(assembly.stacks)} stacks, {len(deployer.functions)} functions, "
        f"{len(deployer.state_machines)} state machines; left out {left_out} "
        f"({len(deployer.ignored)} kinds without a local counterpart)"
    )
    return Core(url, edge, deployer, clock, backoffs, server)


def _own_layers(deployer: "Deployer", packages: Path) -> list[Path]:
    """Folders of the layers that hold code of ours, not packages the environment has too."""
    installed = {one.name for one in pkgutil.iter_modules([str(packages)])}
    folders = {folder for one in deployer.functions.values() for folder in one.spec.python_path}
    names = {
        folder: {one.name for one in pkgutil.iter_modules([str(folder)])}
        for folder in folders - {packages}
    }
    return sorted(folder for folder, own in names.items() if own - installed)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        chosen: int = probe.getsockname()[1]
        return chosen


def _set_environment(port: int, account_id: str, region: str) -> None:
    """moto's settings, and an AWS environment that can reach nothing else."""
    nowhere = Path(tempfile.gettempdir()) / "autolend-no-aws-config"
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            "MOTO_PORT": str(port),
            "MOTO_ACCOUNT_ID": account_id,
            "AWS_ACCESS_KEY_ID": "LCADMIN",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": str(nowhere),
            "AWS_SHARED_CREDENTIALS_FILE": str(nowhere),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )

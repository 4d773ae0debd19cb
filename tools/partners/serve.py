"""Run all sandboxes in one process: `python -m tools.partners.serve --state DIR --seed N`.

Writes `{"bank_rail": url, "bureau": url, ...}` to the ports file (default: `ports.json` in the
state directory) and ends when standard input closes, that is when its parent is gone.
"""

import argparse
import json
import sys
from pathlib import Path

from tools.partners import service
from tools.partners.authority import Authority
from tools.partners.bank_rail import BankRail
from tools.partners.bureau import Bureau
from tools.partners.device import Devices
from tools.partners.employer import Employers
from tools.partners.identity import Identity
from tools.partners.income import Income
from tools.partners.issuer import Issuer
from tools.partners.messages import Messages
from tools.partners.valuation import Valuation

NAMES = (
    "bank_rail",
    "bureau",
    "identity",
    "valuation",
    "messages",
    "issuer",
    "authority",
    "income",
    "device",
    "employer",
)


def start_all(state_dir: Path, *, seed: int, first_port: int = 0) -> dict[str, service.Running]:
    """Start the services; ports count up from `first_port`, 0 = free ones."""
    ports = {name: first_port + index if first_port else 0 for index, name in enumerate(NAMES)}
    partners = {
        "bank_rail": BankRail(state_dir).partner(),
        "bureau": Bureau(state_dir, seed).partner(),
        "identity": Identity(state_dir).partner(),
        "valuation": Valuation(state_dir, seed).partner(),
        "messages": Messages(state_dir).partner(),
        "income": Income(state_dir).partner(),
        "device": Devices(state_dir, seed).partner(),
        "employer": Employers(state_dir, seed).partner(),
    }
    running = {name: service.start(partner, port=ports[name]) for name, partner in partners.items()}
    listening = service.bind(ports["authority"])
    authority = Authority(state_dir, f"http://127.0.0.1:{listening.server_port}")
    running["authority"] = service.start(authority.partner(), server=listening)
    # Bound first, because its tokens name its own URL.
    listening = service.bind(ports["issuer"])
    issuer = Issuer(state_dir, f"http://127.0.0.1:{listening.server_port}")
    running["issuer"] = service.start(issuer.partner(), server=listening)
    return running


def write_ports(path: Path, running: dict[str, service.Running]) -> None:
    """Publish the URLs atomically: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(json.dumps({name: one.url for name, one in running.items()}), "utf-8")
    draft.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tools.partners.serve", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="directory of the journals")
    parser.add_argument("--seed", type=int, required=True, help="seed of generated answers")
    parser.add_argument("--ports-file", type=Path, default=None)
    parser.add_argument("--first-port", type=int, default=0, help="0 = free ports")
    options = parser.parse_args(arguments)
    running = start_all(options.state, seed=options.seed, first_port=options.first_port)
    write_ports(options.ports_file or options.state / "ports.json", running)
    while sys.stdin.buffer.read(4096):
        continue
    for one in running.values():
        one.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

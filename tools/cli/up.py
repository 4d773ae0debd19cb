"""`autolend up`: the whole platform on this machine, until Ctrl-C."""

import argparse
import os
import shutil
import signal
import threading
import time
from pathlib import Path

from rich.console import Console

from tools.cli.demo import SEED, run_demo
from tools.cli.running import Running, announce, find, retire, state_dir
from tools.demo.journey import Api
from tools.demo.people import cn_people
from tools.localcloud.cloud import platform
from tools.localcloud.resources.storage import LOCAL_WEBHOOK_SECRET

CLIENTS = 2


def up(root: Path, options: argparse.Namespace) -> int:
    """Boot, demo when asked, stay; 1 when the demo did not bring everybody through."""
    console = Console()
    if find(root) is not None:
        console.print("a platform already runs from this checkout")
        return 1
    if options.fresh:
        shutil.rmtree(state_dir(root), ignore_errors=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    began = time.perf_counter()
    console.print("synthesizing and booting…")
    with platform(root, state_dir(root), port=options.port) as booted:
        running = Running(os.getpid(), booted.url, booted.api_url, booted.partners)
        announce(root, running)
        try:
            console.print(f"up in {time.perf_counter() - began:.1f} s: {running.api_url}")
            went_well = True
            if options.demo:
                seed = SEED if options.once else int(time.time())
                people = list(cn_people(seed, options.demo))
                went_well = run_demo(running, people, CLIENTS, console)
            if not options.once:
                _connect_bank(running)
                _invite(running, console)
                stop.wait()
        finally:
            retire(root)
    return 0 if went_well else 1


def _connect_bank(running: Running) -> None:
    """The sandbox bank tells this platform by signed webhooks what moves, as a bank would."""
    target = {
        "url": f"{running.api_url}/v1/webhooks/bank",
        "secret": LOCAL_WEBHOOK_SECRET,
        "mode": "auto",
    }
    bank = Api(running.api_url, running.partners)
    bank.partner("bank_rail", "POST", "/_control/webhooks", target)


def _invite(running: Running, console: Console) -> None:
    """What to try next, ready to paste."""
    quote = (
        '{"market":"cn","product_id":"cn-auto-new","amount_minor":12000000,"term_months":36,'
        '"plan":"equal_instalment","currency":"CNY"}'
    )
    grant = '{"grant_type":"urn:autolend:local-signin","sub":"me","groups":[]}'
    console.print("\nIt stays up until Ctrl-C. Try, in another shell:\n", highlight=False)
    for line in (
        f"curl -s {running.api_url}/v1/products",
        f"curl -s {running.api_url}/v1/quotes -H 'Content-Type: application/json' -d '{quote}'",
        (
            f"TOKEN=$(curl -s {running.partners['issuer']}/oauth2/token "
            f"-H 'Content-Type: application/json' -d '{grant}' | "
            "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')"
        ),
        f'curl -s {running.api_url}/v1/me -H "Authorization: Bearer $TOKEN"',
        f"curl -s {running.partners['messages']}/messages   # what customers' phones received",
        (
            f"curl -s {running.partners['bank_rail']}/_control/credits -d "
            '\'{"reference":"LOAN_ID","amount_minor":100000,"currency":"CNY"}\'   # a borrower pays'
        ),
        "autolend demo --limit 5      # five more customers",
        "autolend advance --days 30   # a month later",
    ):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)

"""What documents cost: rendering warm, in time and processor time, memory and bytes.

Budgets: a contract with both annexes at most 80 ms warm, at most 512 MB. Each run renders other
people and amounts, so that nothing is answered from a cache; the minimum of several is shown,
because other work on the machine only ever adds. The first render (fonts, templates) is apart.
"""

import resource
import statistics
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lending.adapters.typst_renderer import TypstRenderer
from lending.domain.documents import DocumentKind
from lending.domain.documents.contract_data import ContractFacts, Party, cost_sheet_data
from lending.ports.documents import DocumentInput, Rendered

from tests.adapters.documents import REQUESTS, contract_input, facts

RENDER_MS_MAX = 80.0
MEMORY_MB_MAX = 512
ROUNDS = 30
ON = date(2026, 11, 24)


def person(number: int) -> Party:
    """Somebody whose characters nobody else of the run has."""
    name = "".join(chr(0x4E00 + (number * 97 + at * 31) % 0x4000) for at in range(3))
    return Party("borrower", name, "cn_id", f"{'*' * 14}{number:04d}", "*******1234")


def sheet_input(of: ContractFacts, locale: str) -> DocumentInput:
    """The cost sheet by itself."""
    return replace(
        contract_input(of, locale),
        kind=DocumentKind.COST_SHEET,
        data=cost_sheet_data(of, "汽车贷款", locale),
    )


def rendered(renderer: TypstRenderer, document: DocumentInput) -> tuple[Rendered, float, float]:
    """The document, its milliseconds and processor milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    done = renderer.render(document)
    spent = (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3
    if not isinstance(done, Rendered):
        raise TypeError(f"refused: {done}")
    return done, *spent


def main() -> int:
    """Print the figures; 1 when a budget is missed."""
    renderer, missed = TypstRenderer(), 0
    first = facts(REQUESTS["auto"], person(0))
    _, cold_ms, cold_cpu = rendered(renderer, contract_input(first))
    print(f"first contract (fonts and templates): {cold_ms:.0f} ms, processor {cold_cpu:.0f} ms")
    total = 0.0
    for locale in ("zh-CN", "zh-TW", "en"):
        for name, make in (("contract", contract_input), ("cost sheet", sheet_input)):
            runs = []
            for number in range(1, ROUNDS + 1):
                request = replace(REQUESTS["auto"], amount_minor=12_000_000 - number * 10_000)
                of = facts(request, person(number))
                runs.append(rendered(renderer, make(of, locale)))
            done = runs[0][0]
            wall, cpu = min(run[1] for run in runs), min(run[2] for run in runs)
            middle = statistics.median(run[1] for run in runs)
            ok = name != "contract" or wall <= RENDER_MS_MAX
            missed += not ok
            total += cpu if locale == "zh-CN" else 0.0
            print(
                f"{name:10} {locale}: {wall:5.1f} ms (median {middle:5.1f}), processor {cpu:5.1f} "
                f"ms, {done.pages} pages, {len(done.pdf) / 1000:.0f} KB: {'ok' if ok else 'MISSED'}"
            )
    print(f"processor time an application (contract and cost sheet, zh-CN): {total:.0f} ms")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ok = memory <= MEMORY_MB_MAX
    missed += not ok
    print(f"memory: {memory:.0f} MB, limit {MEMORY_MB_MAX} MB: {'ok' if ok else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Independent fits at once: the libraries let go of the interpreter while they compute.

Answers come in the order asked, so nothing depends on who was first. Work that starts work does it
by itself. What is done here must not change the filters of warnings, which all threads share.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import local

# Where the libraries start threads of their own, teams of several workers would wait for each other
# in loops, which takes fifty times as long: then one worker does it all.
AT_ONCE = min(4, os.process_cpu_count() or 1) if os.environ.get("OMP_NUM_THREADS") == "1" else 1
_here = local()


def each[Item, Answer](work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """`work` of every item; raises what the first of them raised."""
    asked = list(items)
    if getattr(_here, "is_worker", False) or min(AT_ONCE, len(asked)) < 2:
        return in_turn(work, asked)
    with ThreadPoolExecutor(AT_ONCE, "fit", initializer=_begin) as pool:
        return list(pool.map(work, asked))


def in_turn[Item, Answer](work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """The same, one after the other."""
    return [work(item) for item in items]


def _begin() -> None:
    _here.is_worker = True

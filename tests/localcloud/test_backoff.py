"""Pauses before retries and sleeps in virtual time: known, followed, and over in time."""

import threading
import time
from collections.abc import Callable

from tools.localcloud.backoff import Backoffs
from tools.localcloud.clock import VirtualClock


def wait_for(what: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.002)


def test_a_pause_is_known_by_its_history_until_the_clock_passes_it() -> None:
    clock = VirtualClock(real_now=lambda: 1000.0)
    backoffs = Backoffs(clock)
    mine, other = list[str](), list[str]()

    def retry() -> None:
        with backoffs.of(mine):
            backoffs.sleep(64)

    thread = threading.Thread(target=retry)
    thread.start()
    wait_for(lambda: backoffs.ends_of(mine) == [1064.0])
    assert backoffs.ends_of(other) == []
    clock.advance(seconds=63)
    assert backoffs.ends_of(mine) == [1064.0]
    clock.advance(seconds=1)
    thread.join(10)
    assert (thread.is_alive(), backoffs.ends_of(mine)) == (False, [])


def test_two_pauses_of_one_history_are_told_earliest_first() -> None:
    clock = VirtualClock(real_now=lambda: 0.0)
    backoffs, history = Backoffs(clock), list[str]()

    def retry(seconds: float) -> None:
        with backoffs.of(history):
            backoffs.sleep(seconds)

    threads = [threading.Thread(target=retry, args=(seconds,)) for seconds in (9.0, 3.0)]
    for thread in threads:
        thread.start()
    wait_for(lambda: backoffs.ends_of(history) == [3.0, 9.0])
    clock.advance(seconds=9)
    for thread in threads:
        thread.join(10)
    assert backoffs.ends_of(history) == []


def test_a_sleep_that_is_over_stirs_until_its_thread_has_run_on() -> None:
    clock = VirtualClock(real_now=lambda: 0.0)
    gone = threading.Event()

    def sleep() -> None:
        clock.wait(5)
        gone.set()

    assert not clock.stirring()
    thread = threading.Thread(target=sleep)
    with clock._moved:  # the sleeper cannot run on while this is held
        thread.start()
        wait_for(lambda: bool(clock._ends))
        assert not clock.stirring()
        clock._offset_s = 5.0
        assert clock.stirring()
        assert not gone.is_set()
        clock._moved.notify_all()
    thread.join(10)
    assert (gone.is_set(), clock.stirring()) == (True, False)

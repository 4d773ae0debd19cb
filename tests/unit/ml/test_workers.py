"""Several fits at once answer what one after the other would."""

import threading

import pytest

from ml import workers


@pytest.fixture(autouse=True)
def _several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AT_ONCE", 2)


def test_answers_come_in_the_order_asked_whoever_is_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(10)
        second_is_done.set()
        return item * 10

    assert workers.each(work, [0, 1, 2]) == [0, 10, 20]


def test_work_that_starts_work_does_it_by_itself() -> None:
    def outer(item: int) -> set[str]:
        own = threading.current_thread().name
        return {own, *workers.each(lambda _: threading.current_thread().name, range(item))}

    assert [len(names) for names in workers.each(outer, [3, 3])] == [1, 1]


def test_what_fails_is_raised() -> None:
    def work(item: int) -> int:
        return 1 // item

    with pytest.raises(ZeroDivisionError):
        workers.each(work, [1, 0, 2])


def test_one_worker_works_where_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AT_ONCE", 1)
    names = workers.each(lambda _: threading.current_thread().name, range(2))
    assert set(names) == {threading.current_thread().name}

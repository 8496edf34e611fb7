import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from rag.errors import ModelBusyError, ModelError
from rag.llm.waiting_queue import WaitingQueue


def until(condition: Callable[[], bool]) -> None:
    """Wait for another thread, however busy the machine is."""
    ends_at = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.001)


def test_people_are_served_in_order_and_told_their_place() -> None:
    queue, served = WaitingQueue(max_waiting=4), list[int]()
    places: list[list[int]] = [[] for _ in range(4)]
    may_leave = [threading.Event() for _ in range(4)]

    def person(n: int) -> None:
        with queue.wait_for_turn(on_place=places[n].append):
            served.append(n)
            may_leave[n].wait(30)

    threads = [threading.Thread(target=person, args=(n,)) for n in range(4)]
    for n, thread in enumerate(threads):
        thread.start()
        until(partial(lambda n: len(queue) == n + 1, n))
    for n in range(4):
        expected = [[place] for place in range(1, 4 - n)]
        until(partial(lambda n, e: [told[-1:] for told in places[n + 1 :]] == e, n, expected))
        may_leave[n].set()
    for thread in threads:
        thread.join(30)
    assert served == [0, 1, 2, 3]
    assert places == [[], [1], [2, 1], [3, 2, 1]]
    assert len(queue) == 0


def test_a_full_queue_says_busy_and_a_cancel_ends_the_waiting() -> None:
    queue, cancel, ended = WaitingQueue(max_waiting=1), threading.Event(), []

    def waiter() -> None:
        try:
            with queue.wait_for_turn(cancel=cancel):
                ended.append("served")
        except ModelError:
            ended.append("stopped")

    with queue.wait_for_turn():
        thread = threading.Thread(target=waiter)
        thread.start()
        while len(queue) < 2:
            time.sleep(0.001)
        with pytest.raises(ModelBusyError, match="ask again soon"), queue.wait_for_turn():
            pass
        cancel.set()
        thread.join(2)
        assert ended == ["stopped"]
    with queue.wait_for_turn():
        assert len(queue) == 1


def test_several_are_served_at_once_and_only_the_others_are_told_a_place() -> None:
    queue = WaitingQueue(max_waiting=2, at_once=lambda: 3)
    places: list[list[int]] = [[] for _ in range(5)]
    served, may_leave = list[int](), [threading.Event() for _ in range(5)]

    def person(n: int) -> None:
        with queue.wait_for_turn(on_place=places[n].append):
            served.append(n)
            may_leave[n].wait(30)

    threads = [threading.Thread(target=person, args=(n,)) for n in range(5)]
    for n, thread in enumerate(threads):
        assert queue.people_in_front == max(0, n - 2)
        thread.start()
        until(partial(lambda n: len(queue) == n + 1, n))
    until(lambda: places[3:] == [[1], [2]])
    with pytest.raises(ModelBusyError, match="2 people are waiting"), queue.wait_for_turn():
        pass
    may_leave[1].set()  # whoever leaves first makes room
    until(lambda: len(served) == 4 and places[4] == [2, 1])
    for event in may_leave:
        event.set()
    for thread in threads:
        thread.join(30)
    assert sorted(served[:3]) == [0, 1, 2]
    assert served[3:] == [3, 4]
    assert places == [[], [], [], [1], [2, 1]]


def test_who_is_served_stays_served_when_fewer_can_be() -> None:
    at_once = 2
    queue = WaitingQueue(max_waiting=1, at_once=lambda: at_once)
    with queue.wait_for_turn(), queue.wait_for_turn():
        at_once = 1
        assert queue.people_in_front == 2
        with pytest.raises(ModelBusyError), queue.wait_for_turn():
            pass
    with queue.wait_for_turn():
        assert len(queue) == 1

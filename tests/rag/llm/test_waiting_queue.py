import threading
import time

import pytest

from rag.errors import ModelBusyError, ModelError
from rag.llm.waiting_queue import WaitingQueue


def test_people_are_served_in_order_and_hear_their_place() -> None:
    turns, served, places = WaitingQueue(max_waiting=4), [], {n: [] for n in range(4)}  # type: ignore[var-annotated]

    def person(n: int) -> None:
        with turns.wait_for_turn(on_place=places[n].append):
            served.append(n)
            time.sleep(0.05)

    threads = [threading.Thread(target=person, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3]
    assert places == {0: [], 1: [1], 2: [2, 1], 3: [3, 2, 1]}
    assert len(turns) == 0


def test_a_full_queue_says_busy_and_a_cancel_ends_the_waiting() -> None:
    turns, cancel, ended = WaitingQueue(max_waiting=1), threading.Event(), []

    def waiter() -> None:
        try:
            with turns.wait_for_turn(cancel=cancel):
                ended.append("served")
        except ModelError:
            ended.append("stopped")

    with turns.wait_for_turn():
        thread = threading.Thread(target=waiter)
        thread.start()
        while len(turns) < 2:
            time.sleep(0.001)
        with pytest.raises(ModelBusyError, match="ask again soon"), turns.wait_for_turn():
            pass
        cancel.set()
        thread.join(2)
        assert ended == ["stopped"]
    with turns.wait_for_turn():
        assert len(turns) == 1

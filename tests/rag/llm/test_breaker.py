from rag.llm.breaker import MAX_REST_SECONDS, Breaker


def test_crashes_wait_longer_and_five_in_a_row_make_it_rest() -> None:
    now = [100.0]
    breaker = Breaker(60, clock=lambda: now[0])
    waits = [breaker.crashed() for _ in range(4)]
    assert waits == sorted(waits)
    assert max(waits) < 10
    assert breaker.seconds_to_rest == 0
    assert breaker.crashed() == 60
    assert breaker.seconds_to_rest == 60
    now[0] += 61
    assert breaker.seconds_to_rest == 0  # on trial
    assert breaker.crashed() == 120  # which failed
    now[0] += 121
    breaker.finished()
    assert breaker.seconds_to_rest == 0
    assert breaker.crashed() < 1


def test_a_finished_answer_between_starts_the_count_anew() -> None:
    breaker = Breaker(60)
    for _ in range(20):
        assert breaker.crashed() < 10
        breaker.finished()
    for _ in range(20):
        wait = breaker.crashed()
    assert wait == MAX_REST_SECONDS

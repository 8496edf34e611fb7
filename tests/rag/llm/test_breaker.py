from rag.llm.breaker import MAX_PAUSE_SECONDS, CircuitBreaker


def test_crashes_wait_longer_and_five_in_a_row_make_it_rest() -> None:
    now = [100.0]
    breaker = CircuitBreaker(60, clock=lambda: now[0])
    waits = [breaker.record_crash() for _ in range(4)]
    assert waits == sorted(waits)
    assert max(waits) < 10
    assert breaker.seconds_until_retry == 0
    assert breaker.record_crash() == 60
    assert breaker.seconds_until_retry == 60
    now[0] += 61
    assert breaker.seconds_until_retry == 0  # on trial
    assert breaker.record_crash() == 120  # which failed
    now[0] += 121
    breaker.record_success()
    assert breaker.seconds_until_retry == 0
    assert breaker.record_crash() < 1


def test_a_finished_answer_between_starts_the_count_anew() -> None:
    breaker = CircuitBreaker(60)
    for _ in range(20):
        assert breaker.record_crash() < 10
        breaker.record_success()
    for _ in range(20):
        wait = breaker.record_crash()
    assert wait == MAX_PAUSE_SECONDS

from rag.llm.breaker import MAX_PAUSE_SECONDS, CircuitBreaker


def test_each_crash_delays_the_restart_more_and_five_in_a_row_pause_it() -> None:
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


def test_a_finished_answer_resets_the_count() -> None:
    breaker = CircuitBreaker(60)
    for _ in range(20):
        assert breaker.record_crash() < 10
        breaker.record_success()
    for _ in range(20):
        wait = breaker.record_crash()
    assert wait == MAX_PAUSE_SECONDS

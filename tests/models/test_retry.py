"""When a failed call is made again, and after how long."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import DefinitionError, Retry
from agentkit.errors import ModelError

OVERLOADED = ModelError("Overloaded", kind="overloaded_error", status=529, is_retryable=True)


def asked_to_wait(seconds: float) -> ModelError:
    return ModelError("Slow down", kind="rate_limit_error", status=429, is_retryable=True, retry_after_s=seconds)


def test_the_wait_grows_to_its_limit_and_is_a_random_part_of_it() -> None:
    retry = Retry(first_wait_s=1, longest_wait_s=5, max_attempts=99)
    longest = [retry.wait_s(OVERLOADED, failures, 1_000, lambda: 1.0) for failures in range(1, 6)]
    assert longest == [1, 2, 4, 5, 5]
    assert retry.wait_s(OVERLOADED, 3, 1_000, lambda: 0.25) == 1
    assert retry.wait_s(OVERLOADED, 3, 1_000, lambda: 0.0) == 0


def test_what_cannot_succeed_is_never_tried_again() -> None:
    for status in (400, 401, 403, 404):
        assert Retry().wait_s(ModelError("No", kind="x", status=status), 1, 1_000) is None


def test_the_number_of_attempts_and_their_time_are_limited() -> None:
    retry = Retry(max_attempts=3)
    assert retry.wait_s(OVERLOADED, 2, 1_000) is not None
    assert retry.wait_s(OVERLOADED, 3, 1_000) is None
    assert retry.wait_s(OVERLOADED, 1, 0) is None


def test_the_server_says_how_long_unless_it_takes_too_long() -> None:
    assert Retry().wait_s(asked_to_wait(7), 1, 60, lambda: 0.5) == 7
    assert Retry().wait_s(asked_to_wait(0), 1, 60, lambda: 0.5) == 0.25
    assert Retry().wait_s(asked_to_wait(61), 1, 60) is None
    assert Retry().wait_s(asked_to_wait(4e9), 1, 300) is None


@given(st.integers(1, 2_000), st.floats(0, 1e6), st.floats(0, 1))
def test_no_wait_is_longer_than_there_is_time(failures: int, left: float, chance: float) -> None:
    wait = Retry(max_attempts=10_000).wait_s(OVERLOADED, failures, left, lambda: chance)
    assert wait is None or 0 <= wait < left
    assert wait is None or wait <= Retry().longest_wait_s


@pytest.mark.parametrize(
    "fields", [{"max_attempts": 0}, {"max_seconds": -1}, {"idle_timeout_s": -0.1}, {"first_wait_s": math.nan}]
)
def test_a_patience_that_makes_no_sense_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(DefinitionError, match=next(iter(fields))):
        Retry(**fields)  # type: ignore[arg-type]

"""What headers say of limits, and how a bucket fills up again."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.models.rate_limiting.token_buckets import LIMIT_NAMES, Bucket, ToldLimit, told_limit
from agentkit.simulator import Quota

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def headers(limit: str = "50", remaining: str = "20", reset: str = "2026-11-23T12:00:36Z") -> dict[str, str]:
    prefix = "anthropic-ratelimit-requests"
    return {f"{prefix}-limit": limit, f"{prefix}-remaining": remaining, f"{prefix}-reset": reset}


def test_a_limit_is_read() -> None:
    assert told_limit("requests", headers(), NOW) == ToldLimit(50, 20, 36)
    assert told_limit("input-tokens", headers(), NOW) is None


def test_all_that_the_simulator_tells_is_read() -> None:
    quota = Quota(requests=60, input_tokens=6000, output_tokens=1200, clock=NOW.timestamp)
    assert quota.wait_s(1000) is None
    quota.spend(300)
    told = [told_limit(name, quota.headers(), NOW) for name in LIMIT_NAMES]
    assert told == [ToldLimit(60, 59, 1), ToldLimit(6000, 5000, 10), ToldLimit(1200, 900, 15)]


@pytest.mark.parametrize(
    ("reset", "whole_in_s"),
    [
        ("2026-11-23T12:00:36", 36),
        ("2026-11-23T13:00:36+01:00", 36),
        ("2026-11-23T12:00:00.2Z", 1),
        ("2026-11-23T12:00:00Z", 60),
        ("2027-11-23T12:00:00Z", 60),
        ("1970-01-01T00:00:00Z", 60),
        ("soon", 60),
        ("", 60),
        ("36", 60),
    ],
)
def test_a_reset_is_a_moment_within_a_minute(reset: str, whole_in_s: float) -> None:
    told = told_limit("requests", headers(reset=reset), NOW)
    assert told is not None
    assert told.whole_in_s == whole_in_s


def test_a_reset_is_counted_from_the_servers_own_clock() -> None:
    told = headers(reset="2026-11-23T09:00:10Z") | {"date": "Mon, 23 Nov 2026 09:00:00 GMT"}
    assert told_limit("requests", told, NOW) == ToldLimit(50, 20, 10)


@pytest.mark.parametrize(
    "given", [headers(limit=x) for x in ("", "-5", "nan", "many", "0")] + [headers(remaining=x) for x in ("-1", "x")]
)
def test_nonsense_says_nothing(given: dict[str, str]) -> None:
    assert told_limit("requests", given, NOW) is None


def test_more_than_all_cannot_be_left() -> None:
    assert told_limit("requests", headers(remaining="70"), NOW) == ToldLimit(50, 50, 36)


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_stands_there_is_sane_or_nothing(limit: str, remaining: str, reset: str, date: str) -> None:
    for answer in (headers(limit, remaining, reset), headers(reset=reset)):
        told = told_limit("requests", answer | {"date": date}, NOW)
        if told is not None:
            assert 0 < told.limit < math.inf
            assert 0 <= told.remaining <= told.limit
            assert 1 <= told.whole_in_s <= 60


def knowing(limit: float, remaining: float, whole_in_s: float = 60, now: float = 0.0) -> Bucket:
    bucket = Bucket()
    bucket.learn(ToldLimit(limit, remaining, whole_in_s), now, is_news=True)
    return bucket


def test_a_bucket_that_knows_nothing_holds_nothing_back() -> None:
    bucket = Bucket()
    bucket.take(1e12)
    assert bucket.wait_s(1e12, 5.0) == 0


def test_a_bucket_fills_up_again_all_the_time() -> None:
    bucket = knowing(60, 1, now=100.0)
    assert bucket.wait_s(1, 100.0) == 0
    bucket.take(1)
    assert bucket.wait_s(1, 100.0) == 1
    bucket.settle(1, 1)
    assert bucket.wait_s(1, 100.5) == 0.5
    assert bucket.wait_s(30, 101.0) == 29
    assert bucket.wait_s(60, 500.0) == 0
    bucket.settle(0, 60)
    assert bucket.wait_s(1, 500.0) == 1  # it never holds more than the limit


def test_what_is_over_the_whole_limit_waits_for_all_of_it() -> None:
    assert knowing(60, 30).wait_s(1000, 0.0) == 30


def test_what_is_on_its_way_may_not_be_counted_yet() -> None:
    bucket = Bucket()
    bucket.take(10)
    bucket.take(5)
    bucket.settle(10, 0)
    bucket.learn(ToldLimit(60, 50, 10), 0.0, is_news=True)
    assert bucket.wait_s(45, 0.0) == 0
    assert bucket.wait_s(46, 0.0) == 1
    bucket.settle(5, 0)
    bucket.learn(ToldLimit(60, 50, 10), 0.0, is_news=False)
    assert bucket.wait_s(50, 0.0) == 0


def test_what_a_reply_counted_for_takes_the_place_of_what_was_taken_for_it() -> None:
    bucket = knowing(60, 60)
    bucket.take(10)
    assert bucket.wait_s(51, 0.0) == 1
    bucket.settle(10, 70)
    assert bucket.wait_s(1, 0.0) == 11


def test_what_is_no_news_can_only_say_that_less_is_left() -> None:
    bucket = knowing(60, 30)
    bucket.learn(ToldLimit(60, 40, 20), 0.0, is_news=False)
    assert bucket.wait_s(31, 0.0) == 1
    bucket.learn(ToldLimit(60, 20, 40), 0.0, is_news=False)
    assert bucket.wait_s(31, 0.0) == 11
    bucket.learn(ToldLimit(60, 40, 20), 0.0, is_news=True)
    assert bucket.wait_s(40, 0.0) == 0


def test_a_limit_by_the_second_is_told_by_its_reset() -> None:
    assert knowing(10, 0, whole_in_s=1).wait_s(1, 0.0) == pytest.approx(0.1)
    assert knowing(10, 9, whole_in_s=60).wait_s(10, 0.0) == 6  # never slower than the limit a minute

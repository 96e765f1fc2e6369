"""How a token bucket refills, and what it counts."""

from __future__ import annotations

import pytest

from agentkit.models.rate_limiting.headers import ReportedLimit
from agentkit.models.rate_limiting.token_buckets import TokenBucket


def knowing(limit: float, remaining: float, whole_in_s: float = 60, now: float = 0.0) -> TokenBucket:
    bucket = TokenBucket()
    bucket.apply_reported_limit(ReportedLimit(limit, remaining, whole_in_s), now, is_newest=True)
    return bucket


def test_a_bucket_that_knows_nothing_holds_nothing_back() -> None:
    bucket = TokenBucket()
    bucket.reserve(1e12)
    assert bucket.wait_s(1e12, 5.0) == 0


def test_a_bucket_fills_up_again_all_the_time() -> None:
    bucket = knowing(60, 1, now=100.0)
    assert bucket.wait_s(1, 100.0) == 0
    bucket.reserve(1)
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
    bucket = TokenBucket()
    bucket.reserve(10)
    bucket.reserve(5)
    bucket.settle(10, 0)
    bucket.apply_reported_limit(ReportedLimit(60, 50, 10), 0.0, is_newest=True)
    assert bucket.wait_s(45, 0.0) == 0
    assert bucket.wait_s(46, 0.0) == 1
    bucket.settle(5, 0)
    bucket.apply_reported_limit(ReportedLimit(60, 50, 10), 0.0, is_newest=False)
    assert bucket.wait_s(50, 0.0) == 0


def test_what_a_reply_counted_for_takes_the_place_of_what_was_taken_for_it() -> None:
    bucket = knowing(60, 60)
    bucket.reserve(10)
    assert bucket.wait_s(51, 0.0) == 1
    bucket.settle(10, 70)
    assert bucket.wait_s(1, 0.0) == 11


def test_what_is_no_news_can_only_say_that_less_is_left() -> None:
    bucket = knowing(60, 30)
    bucket.apply_reported_limit(ReportedLimit(60, 40, 20), 0.0, is_newest=False)
    assert bucket.wait_s(31, 0.0) == 1
    bucket.apply_reported_limit(ReportedLimit(60, 20, 40), 0.0, is_newest=False)
    assert bucket.wait_s(31, 0.0) == 11
    bucket.apply_reported_limit(ReportedLimit(60, 40, 20), 0.0, is_newest=True)
    assert bucket.wait_s(40, 0.0) == 0


def test_a_limit_by_the_second_is_told_by_its_reset() -> None:
    assert knowing(10, 0, whole_in_s=1).wait_s(1, 0.0) == pytest.approx(0.1)
    assert knowing(10, 9, whole_in_s=60).wait_s(10, 0.0) == 6  # never slower than the limit a minute

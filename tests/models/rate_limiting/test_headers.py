"""Rate limits in response headers: read where they make sense, ignored where they do not."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.models.rate_limiting.headers import LIMIT_NAMES, ReportedLimit, parse_rate_limit
from agentkit.simulator import Quota

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def headers(limit: str = "50", remaining: str = "20", reset: str = "2026-11-23T12:00:36Z") -> dict[str, str]:
    prefix = "anthropic-ratelimit-requests"
    return {f"{prefix}-limit": limit, f"{prefix}-remaining": remaining, f"{prefix}-reset": reset}


def test_a_limit_is_read() -> None:
    assert parse_rate_limit("requests", headers(), NOW) == ReportedLimit(50, 20, 36)
    assert parse_rate_limit("input-tokens", headers(), NOW) is None


def test_all_that_the_simulator_tells_is_read() -> None:
    quota = Quota(requests=60, input_tokens=6000, output_tokens=1200, clock=NOW.timestamp)
    assert quota.take_request(1000) is None
    quota.take_output_tokens(300)
    told = [parse_rate_limit(name, quota.rate_limit_headers(), NOW) for name in LIMIT_NAMES]
    assert told == [ReportedLimit(60, 59, 1), ReportedLimit(6000, 5000, 10), ReportedLimit(1200, 900, 15)]


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
    told = parse_rate_limit("requests", headers(reset=reset), NOW)
    assert told is not None
    assert told.full_in_s == whole_in_s


def test_a_reset_is_counted_from_the_servers_own_clock() -> None:
    told = headers(reset="2026-11-23T09:00:10Z") | {"date": "Mon, 23 Nov 2026 09:00:00 GMT"}
    assert parse_rate_limit("requests", told, NOW) == ReportedLimit(50, 20, 10)


@pytest.mark.parametrize(
    "given", [headers(limit=x) for x in ("", "-5", "nan", "many", "0")] + [headers(remaining=x) for x in ("-1", "x")]
)
def test_nonsense_says_nothing(given: dict[str, str]) -> None:
    assert parse_rate_limit("requests", given, NOW) is None


def test_more_than_all_cannot_be_left() -> None:
    assert parse_rate_limit("requests", headers(remaining="70"), NOW) == ReportedLimit(50, 50, 36)


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_stands_there_is_sane_or_nothing(limit: str, remaining: str, reset: str, date: str) -> None:
    for answer in (headers(limit, remaining, reset), headers(reset=reset)):
        told = parse_rate_limit("requests", answer | {"date": date}, NOW)
        if told is not None:
            assert 0 < told.per_minute < math.inf
            assert 0 <= told.remaining <= told.per_minute
            assert 1 <= told.full_in_s <= 60

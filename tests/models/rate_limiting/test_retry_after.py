"""When to come again: every form that servers use, and nonsense, which is none."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentkit.models.rate_limiting.retry_after import parse_plain_number, parse_retry_after_s, server_time

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "60"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:30 +0100"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "2592000"}, 2_592_000.0),
    ],
)
def test_every_form_is_read(headers: dict[str, str], wait_s: float) -> None:
    assert parse_retry_after_s(headers, NOW) == wait_s


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-1", "1e99", "nan", "inf", "Infinity", "1_000", "0x10", "٣", "3 s", "999999999", "9" * 400,
     "Mon, 23 Nov 9999 12:00:30 GMT", "Mon, 99 Nov 2026 99:99:99 GMT", "0 0 0 0", ","],
)  # fmt: skip
def test_nonsense_says_nothing(text: str) -> None:
    assert parse_retry_after_s({"retry-after": text}, NOW) is None
    assert parse_retry_after_s({"retry-after-ms": text if not text.isdigit() else "9" * 15}, NOW) is None


def test_without_the_header_nothing_is_said() -> None:
    assert parse_retry_after_s({}, NOW) is None


def test_a_date_is_counted_from_the_servers_own_clock() -> None:
    headers = {"date": "Mon, 23 Nov 2026 09:00:00 GMT", "retry-after": "Mon, 23 Nov 2026 09:00:10 GMT"}
    assert parse_retry_after_s(headers, NOW) == 10
    assert server_time(headers, NOW) == NOW.replace(hour=9)
    assert server_time({"date": "yesterday"}, NOW) == NOW


@given(st.text(), st.text(), st.text())
@example("Mon, 23 Nov 2026 12:00:30 +9999", "", "")
@example("1 Jan 1 00:00:00 +2359", "", "1 Jan 9999 23:59:59 -2359")
@example("Mon, 00 Nov 2026 12:00:30 GMT", "\ud800", "\x00")
def test_whatever_stands_there_is_a_sane_wait_or_none(seconds: str, ms: str, date: str) -> None:
    wait_s = parse_retry_after_s({"retry-after": seconds, "retry-after-ms": ms, "date": date}, NOW)
    assert wait_s is None or (math.isfinite(wait_s) and wait_s >= 0)
    number = parse_plain_number(seconds)
    assert number is None or number >= 0

"""The `retry-after` header: its three forms, and safe handling of everything else that may stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_MAX_WAIT_S = 366 * 24 * 3600.0
"""A longer wait is taken for nonsense. A spend limit may well mean one until the next month."""
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]*)?")


def parse_retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait, by `retry-after-ms`, or by `retry-after` in seconds or as a date.

    None: there is no such header, or an invalid one ("soon", "-1", "1e99"). A date is counted from the response's own
    `date`, since the local clock may be wrong, and without that from `now`; a date in the past is a wait of 0. Never
    raises.

    Args:
        headers: Names in lower case, unless the mapping ignores case.
        now: The local time, with a time zone.
    """
    wait_s = parse_plain_number(headers.get("retry-after-ms"))
    if wait_s is not None:
        wait_s /= 1000
    else:
        given = headers.get("retry-after")
        wait_s = parse_plain_number(given)
        if wait_s is None and (date := _parse_http_date(given)) is not None:
            wait_s = max(0.0, (date - server_time(headers, now)).total_seconds())
    return wait_s if wait_s is not None and wait_s <= _MAX_WAIT_S else None


def server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return the server's time by the `date` header of a response; without one, `now`."""
    return _parse_http_date(headers.get("date")) or now


def parse_plain_number(text: str | None) -> float | None:
    """Parse digits with an optional decimal point. None: anything else, signs and exponents too."""
    return float(text) if text is not None and _NUMBER.fullmatch(text.strip()) else None


@lru_cache(maxsize=64)  # responses within a second have the same date
def _parse_http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
    ):  # what it raises for invalid dates differs by Python version
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)

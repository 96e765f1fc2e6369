"""When a server says to come again: the header in its three forms, and whatever else may stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_LONGEST_WAIT_S = 366 * 24 * 3600.0
"""Nobody means a longer wait; a spend limit may well mean one until the next month."""
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]*)?")


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds an answer says to wait, by `retry-after-ms` or by `retry-after` in seconds or as a date.

    None: it says nothing, or nothing that makes sense ("soon", "-1", "1e99"). A date is counted from the answer's own
    `date`, since the clock here may be wrong, and only without that from `now`, which has a time zone; a date that has
    passed is a wait of 0. Names of headers are in lower case, or the mapping does not care. Never raises.
    """
    wait_s = plain_number(headers.get("retry-after-ms"))
    if wait_s is not None:
        wait_s /= 1000
    else:
        given = headers.get("retry-after")
        wait_s = plain_number(given)
        if wait_s is None and (date := _http_date(given)) is not None:
            wait_s = max(0.0, (date - server_now(headers, now)).total_seconds())
    return wait_s if wait_s is not None and wait_s <= _LONGEST_WAIT_S else None


def server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's clock, as an answer's `date` tells it; without one, `now`."""
    return _http_date(headers.get("date")) or now


def plain_number(text: str | None) -> float | None:
    """A number as headers write them, digits and perhaps a point. None: anything else, signs and exponents too."""
    return float(text) if text is not None and _NUMBER.fullmatch(text.strip()) else None


@lru_cache(maxsize=64)  # the answers of a second have one date
def _http_date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # what it raises on nonsense differs by version
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)

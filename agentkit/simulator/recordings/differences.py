"""Differences between two requests, place by place, in words short enough for an error message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from agentkit.messages.message import JSON

if TYPE_CHECKING:
    from agentkit.simulator.recordings.recorded_request import RecordedRequest

_MAX_CHARS = 60
_CHARS_BEFORE = 20


class Missing(Enum):
    """The type of the value of a side that has no value in a difference, not even `null`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""The value of a side that has no value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a request differs from a recorded one. Its text: `model: recorded "a", now "b"`."""

    path: str
    """The path of the place: `messages.2.content.0.text`."""
    recorded: JSON | Missing
    now: JSON | Missing

    def __str__(self) -> str:
        return f"{self.path}: {_describe_values(self.recorded, self.now)}"


def find_differences(recorded: RecordedRequest, now: RecordedRequest) -> tuple[Difference, ...]:
    """Return every place where `now` differs, in the order of the recorded request."""
    query = [] if recorded.query == now.query else [Difference("query", recorded.query, now.query)]
    return (*query, *_compare_values(recorded.body, now.body, ""))


def _compare_values(recorded: JSON | Missing, now: JSON | Missing, path: str) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in [*recorded, *(key for key in now if key not in recorded)]:
            yield from _compare_values(
                recorded.get(key, MISSING), now.get(key, MISSING), f"{path}.{key}" if path else key
            )
    elif isinstance(recorded, list) and isinstance(now, list):
        for index in range(max(len(recorded), len(now))):
            one = recorded[index] if index < len(recorded) else MISSING
            other = now[index] if index < len(now) else MISSING
            yield from _compare_values(one, other, f"{path}.{index}" if path else str(index))
    elif recorded != now or type(recorded) is not type(now):  # 1 and true are equal to Python
        yield Difference(path or "the body", recorded, now)


def _describe_values(recorded: JSON | Missing, now: JSON | Missing) -> str:
    if recorded is MISSING:
        return f"not recorded, now {_short_json(now)}"
    if now is MISSING:
        return f"recorded {_short_json(recorded)}, now missing"
    start = 0
    if isinstance(recorded, str) and isinstance(now, str):
        same = next((n for n, (a, b) in enumerate(zip(recorded, now, strict=False)) if a != b), None)
        same = min(len(recorded), len(now)) if same is None else same
        start = max(0, same - _CHARS_BEFORE) if same + 1 > _MAX_CHARS - _CHARS_BEFORE else 0
    return f"recorded {_short_json(recorded, start)}, now {_short_json(now, start)}"


def _short_json(value: object, start: int = 0) -> str:
    """Return the value as JSON in one short line; of a long string, the part that begins at `start`."""
    if isinstance(value, str):
        part = value[start : start + _MAX_CHARS]
        before, after = "…" if start else "", "…" if start + _MAX_CHARS < len(value) else ""
        return json.dumps(before + part + after, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_CHARS else text[:_MAX_CHARS] + "…"

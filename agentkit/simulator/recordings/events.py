"""Server-sent events of a recorded response: split without changing a byte, and redacted across deltas."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeAlias, cast

from agentkit.messages.message import JSONObject
from agentkit.redaction.redactor import text_without_secrets, without_secrets

_END_OF_EVENT = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)")
_DATA = re.compile(r"^(?P<name>data: ?)(?P<json>\{.*\})(?P<end>\r?)$", re.MULTILINE)
_DELTA_FIELDS = ("text", "partial_json", "thinking")
_LAST_EVENT = re.compile(rb"\Aevent: ?(message_stop|error)\r?\n")

DeltaPlace: TypeAlias = "tuple[object, str]"
"""The text that a delta belongs to: the index of its block, and the field of the delta."""


def split_events(data: bytes) -> list[bytes]:
    """Split a stream into its events; joined, they are the same bytes, whatever the stream holds."""
    return [event for event in _END_OF_EVENT.split(data) if event]


def has_last_event(data: bytes) -> bool:
    """Return True if a stream that was not read to its end already has its last event."""
    events = split_events(data)
    return (
        bool(events) and _END_OF_EVENT.search(events[-1][-4:]) is not None and _LAST_EVENT.match(events[-1]) is not None
    )


def events_without_secrets(events: Sequence[str]) -> list[str]:
    """Return the events without secrets; events without any are unchanged to the byte.

    A secret may stretch over several deltas of one text. Such a text is put, redacted, into its first delta, and the
    others become empty.
    """
    values = [_event_data(event) for event in events]
    texts: dict[DeltaPlace, list[str]] = {}
    for value in values:
        if (place := _delta_place(value)) is not None:
            texts.setdefault(place, []).append(cast("JSONObject", value)["delta"][place[1]])
    clean = {place: text_without_secrets("".join(pieces)) for place, pieces in texts.items()}
    changed = {place: text for place, text in clean.items() if text != "".join(texts[place])}
    return [_redact_event(event, value, changed) for event, value in zip(events, values, strict=True)]


def _event_data(event: str) -> JSONObject | None:
    match = _DATA.search(event)
    if match is None:
        return None
    try:
        value = json.loads(match["json"])
    except (ValueError, RecursionError):
        return None
    return cast("JSONObject", value)


def _delta_place(value: JSONObject | None) -> DeltaPlace | None:
    delta = value.get("delta") if value is not None else None
    if value is None or not isinstance(delta, dict):
        return None
    pieces = cast("JSONObject", delta)
    kind = next((kind for kind in _DELTA_FIELDS if isinstance(pieces.get(kind), str)), None)
    return None if kind is None else (value.get("index"), kind)


def _redact_event(event: str, value: JSONObject | None, changed: dict[DeltaPlace, str]) -> str:
    if value is None:
        return text_without_secrets(event)
    clean = value
    place = _delta_place(value)
    if place is not None and place in changed:
        clean = {**value, "delta": {**value["delta"], place[1]: changed[place]}}
        changed[place] = ""  # the first delta now has the whole text
    try:
        clean = without_secrets(clean)
    except RecursionError:  # JSON that is nested deeper than our recursion can follow
        return text_without_secrets(event)
    if clean == value:
        return event
    written = json.dumps(clean, ensure_ascii=False, separators=(",", ":"))
    return _DATA.sub(lambda match: f"{match['name']}{written}{match['end']}", event, count=1)

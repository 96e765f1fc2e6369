"""Worlds and outputs as JSON, kept where they come back as they were."""

from __future__ import annotations

import json
import sys
from dataclasses import is_dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from agentkit.messages.message import JSONObject

_PLAIN = (str, int, float, bool, type(None))


class NotKept(Exception):
    """A value does not come back from JSON as it was."""


def kept_value(value: object) -> JSONObject | None:
    """Return a value as JSON with its type. None: it would not come back as it was.

    Args:
        value: A world, or an output.
    """
    kind, attributes = type(value), _attributes(value)
    name = "" if kind in _PLAIN or kind in (list, dict) else f"{kind.__module__}:{kind.__qualname__}"
    try:
        dumped: object = _adapter(name).dump_python(value, mode="json") if name else value
        kept: JSONObject = {"type": name, "value": dumped}
        loaded = loaded_value(json.loads(json.dumps(kept)))
        is_same = loaded == value and _attributes(loaded) == attributes and type(loaded) is kind
    except Exception:  # noqa: BLE001 - a type of the program may raise anything when it is read or compared
        return None
    return kept if is_same else None


def _attributes(value: object) -> set[str]:
    """Return the names of what a value holds beside its fields, such as an attribute that was set later."""
    return set(getattr(value, "__dict__", ())) if is_dataclass(value) else set()


def loaded_value(kept: JSONObject) -> object:
    """Return the value again that `kept_value` has made JSON of.

    Args:
        kept: The JSON.

    Raises:
        NotKept: Its type is not there any more, or takes other values now.
    """
    if not kept["type"]:
        return kept["value"]
    try:
        return _adapter(kept["type"]).validate_python(kept["value"], strict=False)
    except Exception as error:
        raise NotKept(f"{kept['type']}: {error}") from error


def _adapter(name: str) -> TypeAdapter[Any]:
    module, _, path = name.partition(":")
    found: object = sys.modules.get(module) or import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return _adapter_of(found)


@lru_cache(maxsize=256)
def _adapter_of(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)

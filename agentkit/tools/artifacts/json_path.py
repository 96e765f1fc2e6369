"""Find a part of a JSON artifact by its path, and outline a value that is too long to be shown."""

from __future__ import annotations

import json

from agentkit.errors import ToolError
from agentkit.messages.message import JSON
from agentkit.schema.validation.near_words import nearest

_MOST_SHOWN = 60
"""Upper limit of the properties in an outline."""
_MOST_CHARS = 200
"""A text of more characters is described by its length."""
_MOST_NAMES = 20
"""Upper limit of the property names in a sentence."""


def part_of(value: JSON, path: str) -> JSON:
    """Return the value at a path such as `/orders/3`; `~1` is a slash in a name, `~0` a tilde, as in JSON Pointer.

    Raises:
        ToolError: There is no such path; the text says what is there instead.
    """
    at = ""
    for step in path.strip("/").split("/") if path.strip("/") else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            if name not in value:
                raise ToolError(f"There is no `{name}` {_at(at)}.{_names(name, list(value))}")
            value = value[name]
        elif isinstance(value, list):
            if not (name.isdecimal() and int(name) < len(value)):
                raise ToolError(f"There is no `{name}` {_at(at)}: it is a list of {len(value):,}, counted from 0.")
            value = value[int(name)]
        else:
            raise ToolError(f"There is nothing below {at or 'the whole'}: it is {_described(value)}.")
        at = f"{at}/{step}"
    return value


def outline(value: JSON) -> str:
    """Return an outline of a value: its properties, or the number of items and a description of the first."""
    if isinstance(value, dict):
        lines = [f"/{name.replace('~', '~0').replace('/', '~1')}: {_described(part)}" for name, part in value.items()]
        more = [f"... and {len(lines) - _MOST_SHOWN:,} more"] if len(lines) > _MOST_SHOWN else []
        return "\n".join(lines[:_MOST_SHOWN] + more)
    if isinstance(value, list) and value:
        return f"{_described(value)}; /0: {_described(value[0])}"
    return _described(value)


def _described(value: JSON) -> str:
    if isinstance(value, str) and len(value) > _MOST_CHARS:
        return f"a text of {len(value):,} characters"
    if isinstance(value, list) and value:
        return f"a list of {len(value):,}"
    if isinstance(value, dict) and value:
        names = list(value)
        return f"an object with {', '.join(names[:_MOST_NAMES])}{', ...' if len(names) > _MOST_NAMES else ''}"
    return json.dumps(value, ensure_ascii=False)


def _at(path: str) -> str:
    return f"in {path}" if path else "at the top"


def _names(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    meant = f" Did you mean `{near}`?" if near else ""
    more = ", ..." if len(known) > _MOST_NAMES else ""
    return f"{meant} There are: {', '.join(known[:_MOST_NAMES])}{more}."

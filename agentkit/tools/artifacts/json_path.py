"""Find a part of a JSON artifact by its path, and outline a value that is too long to be shown."""

from __future__ import annotations

import json

from agentkit.errors import ToolError
from agentkit.messages.message import JSON
from agentkit.schema.validation.did_you_mean import nearest_word

_MAX_PROPERTIES = 60
"""Upper limit of the properties in an outline."""
_MAX_TEXT_CHARS = 200
"""A text of more characters is described by its length."""
_MAX_NAMES = 20
"""Upper limit of the property names in a sentence."""


def resolve_path(value: JSON, path: str) -> JSON:
    """Return the value at a path such as `/orders/3`; `~1` is a slash in a name, `~0` a tilde, as in JSON Pointer.

    Raises:
        ToolError: There is no such path; the text says what is there instead.
    """
    at = ""
    for step in path.strip("/").split("/") if path.strip("/") else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            if name not in value:
                raise ToolError(f"There is no `{name}` {_position_text(at)}.{_known_names_text(name, list(value))}")
            value = value[name]
        elif isinstance(value, list):
            if not (name.isdecimal() and int(name) < len(value)):
                raise ToolError(
                    f"There is no `{name}` {_position_text(at)}: it is a list of {len(value):,}, counted from 0."
                )
            value = value[int(name)]
        else:
            raise ToolError(f"There is nothing below {at or 'the whole'}: it is {_describe_value(value)}.")
        at = f"{at}/{step}"
    return value


def outline_json(value: JSON) -> str:
    """Return an outline of a value: its properties, or the number of items and a description of the first."""
    if isinstance(value, dict):
        lines = [
            f"/{name.replace('~', '~0').replace('/', '~1')}: {_describe_value(part)}" for name, part in value.items()
        ]
        more = [f"... and {len(lines) - _MAX_PROPERTIES:,} more"] if len(lines) > _MAX_PROPERTIES else []
        return "\n".join(lines[:_MAX_PROPERTIES] + more)
    if isinstance(value, list) and value:
        return f"{_describe_value(value)}; /0: {_describe_value(value[0])}"
    return _describe_value(value)


def _describe_value(value: JSON) -> str:
    if isinstance(value, str) and len(value) > _MAX_TEXT_CHARS:
        return f"a text of {len(value):,} characters"
    if isinstance(value, list) and value:
        return f"a list of {len(value):,}"
    if isinstance(value, dict) and value:
        names = list(value)
        return f"an object with {', '.join(names[:_MAX_NAMES])}{', ...' if len(names) > _MAX_NAMES else ''}"
    return json.dumps(value, ensure_ascii=False)


def _position_text(path: str) -> str:
    return f"in {path}" if path else "at the top"


def _known_names_text(name: str, known: list[str]) -> str:
    near = nearest_word(name, known)
    meant = f" Did you mean `{near}`?" if near else ""
    more = ", ..." if len(known) > _MAX_NAMES else ""
    return f"{meant} There are: {', '.join(known[:_MAX_NAMES])}{more}."

"""A reply as it is written in a script: `Reply.tool("price", item="tea") + Reply.text("Wait.")`."""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from agentkit.simulator.replies.parts import OutputPart, RawToolCall

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject
    from agentkit.simulator.replies.parts import Part, ServerError

_SIMULATED = "Simulated error"


def written_reply(parts: Sequence[Part], error: ServerError | None, changed: Mapping[str, object]) -> str:
    """Return the expression that makes a reply.

    Args:
        parts: The parts of the reply.
        error: The error that is sent instead of them. None: they are sent.
        changed: Its other fields that are not as in a new reply.
    """
    joined = [_written_part(part) for part in parts]
    if error is not None:
        joined.insert(0, _written_failure(error))
    elif not joined and changed.get("stop_reason") == "refusal":
        details = cast("JSONObject", changed.get("stop_details") or {})
        joined = [f"Reply.refusal({written_value(details.get('explanation', ''))})"]
        changed = {name: value for name, value in changed.items() if name not in ("stop_reason", "stop_details")}
    text = " + ".join(joined) or "Reply()"
    if not changed:
        return text
    changes = ", ".join(f"{name}={written_value(value)}" for name, value in changed.items())
    return f"{f'({text})' if len(joined) > 1 else text}.replace({changes})"


def written_call(name: str, arguments: Mapping[str, object]) -> str:
    """Return the arguments of a call in Python, a tool's name first: `"price", item="tea"`."""
    return ", ".join([written_value(name), *_written_arguments(arguments)])


def written_value(value: object) -> str:
    """Return a value as it is written in Python, with double quotes; `...` and functions by their names."""
    if value is ...:
        return "..."
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return f"{{{', '.join(f'{written_value(key)}: {written_value(part)}' for key, part in items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written_value, cast('list[object]', value)))}]"
    if callable(value) and not isinstance(value, type):
        return function_name(value)
    return repr(value)


def function_name(function: Callable[..., object]) -> str:
    """Return the name of a function, or of the type of what is called like one."""
    return str(getattr(function, "__name__", type(function).__name__))


def _written_arguments(arguments: Mapping[str, object]) -> Iterator[str]:
    odd = {name: value for name, value in arguments.items() if not name.isidentifier() or keyword.iskeyword(name)}
    for name, value in arguments.items():
        if name not in odd:
            yield f"{name}={written_value(value)}"
    if odd:
        yield f"**{written_value(odd)}"


def _written_part(part: object) -> str:
    if isinstance(part, OutputPart):
        return f"Reply.output({written_value(part.value)})"
    if isinstance(part, RawToolCall):
        return f"Reply.tool_text({written_value(part.name)}, {written_value(part.text)})"
    block = cast("Block", part)
    kind, keys = block.get("type"), {*block}
    if kind == "text" and keys == {"type", "text"}:
        return f"Reply.text({written_value(block['text'])})"
    if kind == "thinking" and keys == {"type", "thinking", "signature"} and not block["signature"]:
        return f"Reply.thinking({written_value(block['thinking'])})"
    if kind == "tool_use" and keys == {"type", "name", "input"}:
        return f"Reply.tool({written_call(block['name'], block['input'])})"
    return f"Reply.block({written_value(block)})"


def _written_failure(error: ServerError) -> str:
    message = "" if error.message == _SIMULATED else f", {written_value(error.message)}"
    text = f"Reply.failure({error.status}, {written_value(error.kind)}{message})"
    changes = {"retry_after": error.retry_after, "should_retry": error.should_retry}
    given = ", ".join(f"{name}={written_value(value)}" for name, value in changes.items() if value)
    return f"{text}.replace(error={error!r})" if given else text

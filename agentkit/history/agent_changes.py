"""The change notice: tells the model, at the end of the history, how its agent changed since the conversation began."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from agentkit.messages.message import encode
from agentkit.schema.strict.form import NotStrictable, strict_form
from agentkit.tools.reserved_names import ANSWER_TOOL

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.messages.request import PromptPrefix
    from agentkit.tools.toolset import AnyTool


def describe_changes(
    initial: PromptPrefix, reported: PromptPrefix, current: PromptPrefix, tools: Mapping[str, AnyTool]
) -> str | None:
    """Return the change notice for the model. None: nothing has changed.

    Args:
        initial: The prompt prefix that the conversation began with: only its tools can be called.
        reported: The prompt prefix that the model knows, by the last notice or else the initial one.
        current: The prompt prefix that the agent would have in a new conversation.
        tools: The tools of the conversation that can be run, by name.
    """
    said = [
        *_instruction_changes(reported, current),
        *_tool_changes(initial, reported, current, tools),
        *_output_changes(initial, reported, current),
    ]
    return "\n\n".join(said) or None


def _instruction_changes(reported: PromptPrefix, current: PromptPrefix) -> Iterator[str]:
    if reported.system == current.system:
        return
    if current.system:
        yield f"Your instructions have changed. From now on, instead of the earlier ones:\n{current.system}"
    else:
        yield "Your earlier instructions no longer hold."


def _tool_changes(
    initial: PromptPrefix, reported: PromptPrefix, current: PromptPrefix, tools: Mapping[str, AnyTool]
) -> Iterator[str]:
    """Describe tools that are gone, back or changed. New ones are left out: a conversation keeps its initial tools."""
    names = [_param_name(param) for param in initial.tools]
    before, after = _params_by_name(reported), _params_by_name(current)
    gone = [name for name in names if name in before and name not in after and name not in tools]
    if gone:
        yield f"These tools are no longer available: {', '.join(gone)}. Do not call them any more."
    if back := [name for name in names if name not in before and name in after]:
        yield f"These tools are available again: {', '.join(back)}."
    for name in names:
        if name in before and name in after and not _is_unchanged(before[name], after[name], tools.get(name)):
            yield f"The tool `{name}` has changed. It is now: {encode(after[name]).decode()}"


def _output_changes(initial: PromptPrefix, reported: PromptPrefix, current: PromptPrefix) -> Iterator[str]:
    """Describe the form of the output, where neither an output format nor the answer tool says it."""
    is_text, was_text = (
        not prompt_prefix.answers_by_tool and prompt_prefix.answer_format is None
        for prompt_prefix in (current, reported)
    )
    if is_text and not was_text:
        yield "Your answer is plain text from now on."
    has_tool = ANSWER_TOOL in map(_param_name, initial.tools)
    if (
        current.answers_by_tool
        and not has_tool
        and _params_by_name(reported).get(ANSWER_TOOL) != _params_by_name(current)[ANSWER_TOOL]
    ):
        schema = encode(_params_by_name(current)[ANSWER_TOOL]["input_schema"]).decode()
        yield f"Your answer has to be JSON from now on, and nothing else, that fits this schema: {schema}"


def _is_unchanged(before: JSONObject, after: JSONObject, tool: AnyTool | None) -> bool:
    """True if a tool is unchanged. Strict mode does not count: a conversation keeps the mode that it began with."""
    forms = [after]
    if tool is not None:
        forms.append(tool.to_param(strict=False))
        with suppress(NotStrictable):
            forms.append({**after, "input_schema": strict_form(tool.input_schema).schema, "strict": True})
    return before in [cast("JSONObject", json.loads(encode(form))) for form in forms]


def _param_name(param: JSONObject) -> str:
    """Return the name of a tool; a toolset of the API has only a server name or a type."""
    return str(param.get("name") or param.get("mcp_server_name") or param.get("type"))


def _params_by_name(prompt_prefix: PromptPrefix) -> dict[str, JSONObject]:
    return {_param_name(param): param for param in prompt_prefix.tools}

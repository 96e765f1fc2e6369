"""What has changed in an agent since a conversation with it began, in the words that the model is told at the tail."""

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
    from agentkit.messages.request import Offer
    from agentkit.tools.toolset import AnyTool


def changes(began: Offer, told: Offer, now: Offer, tools: Mapping[str, AnyTool]) -> str | None:
    """What a model has to be told. None: nothing has changed.

    Args:
        began: What the conversation began with: only those tools can be called in it.
        told: What the model knows.
        now: What the agent is today.
        tools: The tools of the conversation that can be run, by name.
    """
    said = [*_instructions(told, now), *_tools(began, told, now, tools), *_answer(began, told, now)]
    return "\n\n".join(said) or None


def _instructions(told: Offer, now: Offer) -> Iterator[str]:
    if told.system == now.system:
        return
    if now.system:
        yield f"Your instructions have changed. From now on, instead of the earlier ones:\n{now.system}"
    else:
        yield "Your earlier instructions no longer hold."


def _tools(began: Offer, told: Offer, now: Offer, tools: Mapping[str, AnyTool]) -> Iterator[str]:
    """Tools that are gone or have changed. A new one is not told: a conversation keeps the tools that it began with."""
    names = [_name(param) for param in began.tools]
    before, after = _by_name(told), _by_name(now)
    gone = [name for name in names if name in before and name not in after and name not in tools]
    if gone:
        yield f"These tools are no longer available: {', '.join(gone)}. Do not call them any more."
    if back := [name for name in names if name not in before and name in after]:
        yield f"These tools are available again: {', '.join(back)}."
    for name in names:
        if name in before and name in after and not _is_same(before[name], after[name], tools.get(name)):
            yield f"The tool `{name}` has changed. It is now: {encode(after[name]).decode()}"


def _answer(began: Offer, told: Offer, now: Offer) -> Iterator[str]:
    """How the answer has to come, where neither a format nor a tool says it."""
    is_text, was_text = (not offer.answers_by_tool and offer.answer_format is None for offer in (now, told))
    if is_text and not was_text:
        yield "Your answer is plain text from now on."
    has_tool = ANSWER_TOOL in map(_name, began.tools)
    if now.answers_by_tool and not has_tool and _by_name(told).get(ANSWER_TOOL) != _by_name(now)[ANSWER_TOOL]:
        schema = encode(_by_name(now)[ANSWER_TOOL]["input_schema"]).decode()
        yield f"Your answer has to be JSON from now on, and nothing else, that fits this schema: {schema}"


def _is_same(before: JSONObject, after: JSONObject, tool: AnyTool | None) -> bool:
    """Whether a tool is what it was; that it is strict now, or no longer, is the conversation's matter."""
    forms = [after]
    if tool is not None:
        forms.append(tool.to_param(strict=False))
        with suppress(NotStrictable):
            forms.append({**after, "input_schema": strict_form(tool.input_schema).schema, "strict": True})
    return before in [cast("JSONObject", json.loads(encode(form))) for form in forms]


def _name(param: JSONObject) -> str:
    """What a tool is called; the API's own sets of tools have a type only."""
    return str(param.get("name") or param.get("mcp_server_name") or param.get("type"))


def _by_name(offer: Offer) -> dict[str, JSONObject]:
    return {_name(param): param for param in offer.tools}

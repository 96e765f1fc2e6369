"""Probes of a server with the endpoint /v1/messages: each checks the support of one feature with tiny requests.

Two rules for this file: an unexpected response is a finding, never an exception; and a temporary failure such as a 529
gives the status unknown, because it says nothing about the feature.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from agentkit.cli.doctor.finding import Finding, ok, problem, unknown, warning
from agentkit.cli.doctor.http_exchange import NoResponse, ServerResponse, Target, redacted_line
from agentkit.messages.printable import one_line, plural

if TYPE_CHECKING:
    from agentkit.messages.message import Block, JSONObject

Probe: TypeAlias = "Callable[[str, Target], Awaitable[Finding]]"
"""Checks one feature of the server, given the name of the check. Raises NoResponse."""

_EXCERPT_CHARS = 40
_FEW = 16
"""`max_tokens` of a reply that may be cut."""
_SOME = 256
"""`max_tokens` of a reply that has to be complete."""
_GREETING_REQUEST: JSONObject = {"max_tokens": _FEW, "messages": [{"role": "user", "content": "Say hi."}]}
_INVALID_REQUEST: JSONObject = {"max_tokens": 1}
"""A request without messages: it is refused, so it costs nothing."""
_PRICE_TOOL: JSONObject = {
    "name": "get_price",
    "description": "Look up the price of an item.",
    "input_schema": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]},
}
_COLOURS = ["red", "blue"]
_COLOUR_SCHEMA: JSONObject = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": _COLOURS}},
    "required": ["colour"],
    "additionalProperties": False,
}


async def probe_message(check: str, target: Target) -> Finding:
    """Check that a prompt gets a reply with a stop reason and its usage."""
    answer = await target.post_json(_GREETING_REQUEST)
    if not answer.is_message:
        return _no_message_finding(check, answer)
    value = answer.json_object or {}
    usage = value.get("usage")
    missing = [name for name in ("role", "stop_reason") if not value.get(name)]
    if not isinstance(usage, dict) or "output_tokens" not in usage:
        missing.append("usage")
    if missing:
        return warning(check, f"a reply without {', '.join(missing)}.", "Tokens, or ends of replies, stay unknown.")
    return ok(check, f"{target.model} said {one_line(answer.reply_text(), _EXCERPT_CHARS)!r} in {answer.seconds:.1f} s")


def _no_message_finding(check: str, answer: ServerResponse) -> Finding:
    if answer.status in {401, 403}:
        return problem(check, f"{answer.brief()}.", "Set ANTHROPIC_API_KEY to a key of this server.", is_access=True)
    if answer.json_object is None and not answer.is_temporary:
        advice = "No Messages API is there: look at the address, and for a proxy or a login page before it."
        return problem(check, f"{answer.brief()}.", advice, is_access=True)
    if answer.status == 404:
        return problem(check, f"{answer.brief()}.", "Name a model that the server has with --model.")
    return problem(check, f"{answer.brief()}.", "Without plain messages no agent runs here.")


async def probe_streaming(check: str, target: Target) -> Finding:
    """Check that a streamed reply is complete and has the API's order of events, by the code that agents use."""
    from agentkit.errors import ConfigurationError, ModelError
    from agentkit.messages.message import user
    from agentkit.messages.request import EncodedPrefix, Request
    from agentkit.models.claude import ClaudeModel
    from agentkit.models.stream_accumulator import StreamAccumulator

    reader, count = StreamAccumulator(), 0
    options = {"model": target.model, "max_tokens": _FEW, "stream": True}
    request = Request(EncodedPrefix.encode(None, ()), [user("Say hi.")], options)
    try:
        async with ClaudeModel(target.model, target.client).stream(request) as events:
            async for event in events:
                reader.feed(event)
                count += 1
        turn = reader.turn()
    except (ModelError, ConfigurationError) as error:
        if isinstance(error, ModelError) and error.is_retryable and error.kind != "stream_interrupted":
            raise NoResponse(redacted_line(str(error))) from error
        return problem(check, redacted_line(str(error)), "Agents always stream: none runs here.")
    return ok(check, f"{plural(count, 'event')} in order, stop reason {turn.stop_reason}")


async def probe_count_tokens(check: str, target: Target) -> Finding:
    """Check the endpoint that counts the tokens of a prompt."""
    answer = await target.post_json({"messages": _GREETING_REQUEST["messages"]}, "/v1/messages/count_tokens")
    count = (answer.json_object or {}).get("input_tokens")
    if answer.status == 200 and isinstance(count, int):
        return ok(check, f"{plural(count, 'token')} for a greeting")
    return _not_supported(check, answer, "Sizes of prompts are known only once they were sent.")


async def probe_tools(check: str, target: Target) -> Finding:
    """Check that the model calls a tool, and that the call with its result is accepted."""
    question = {"role": "user", "content": "What is the price of tea? Call get_price."}
    first = await target.post_json({"max_tokens": _SOME, "tools": [_PRICE_TOOL], "messages": [question]})
    advice = "Agents with tools do not run here."
    if not first.is_message:
        return _refused_request(check, first, advice)
    calls = first.content_blocks("tool_use")
    said: list[Block] = (first.json_object or {})["content"] if calls else [_tool_use_block("toolu_01")]
    results = [_tool_result_block(str(call.get("id"))) for call in calls] or [_tool_result_block("toolu_01")]
    messages = [question, {"role": "assistant", "content": said}, {"role": "user", "content": results}]
    second = await target.post_json({"max_tokens": _FEW, "tools": [_PRICE_TOOL], "messages": messages})
    if not second.is_message:
        return _refused_request(check, second, advice)
    if not calls:
        more = f"{target.model} was asked to call one and answered in words."
        return unknown(check, f"calls and their results are taken, but {more}", "Try a --model that knows tools.")
    return ok(check, f"{plural(len(calls), 'call')} made, and taken back with {plural(len(results), 'result')}")


async def probe_parallel_calls(check: str, target: Target) -> Finding:
    """Check that two tool calls in one turn, with their results in one message, are accepted."""
    ids = ["toolu_01", "toolu_02"]
    messages = [
        {"role": "user", "content": "What are the prices of tea and of coffee?"},
        {"role": "assistant", "content": [_tool_use_block(name) for name in ids]},
        {"role": "user", "content": [_tool_result_block(name) for name in ids]},
    ]
    answer = await target.post_json({"max_tokens": _FEW, "tools": [_PRICE_TOOL], "messages": messages})
    if not answer.is_message:
        return _refused_request(check, answer, "An agent fails as soon as its model calls two tools at once.")
    return ok(check, "two calls and their results in one turn are taken")


async def probe_structured_output(check: str, target: Target) -> Finding:
    """Check that the reply fits a schema which the prompt does not mention."""
    question = {"role": "user", "content": "What is the capital of France?"}
    wanted = {"format": {"type": "json_schema", "schema": _COLOUR_SCHEMA}}
    advice = "Agents with an output type send back what does not fit, which costs turns and may come to nothing."
    answer = await target.post_json({"max_tokens": _SOME, "messages": [question], "output_config": wanted})
    if not answer.is_message:
        return _not_supported(check, answer, advice)
    try:
        value = json.loads(answer.reply_text())
    except (ValueError, RecursionError):
        value = None
    if value in [{"colour": colour} for colour in _COLOURS]:
        return ok(check, "the answer fits its schema")
    if (answer.json_object or {}).get("stop_reason") == "max_tokens" and answer.reply_text().lstrip().startswith("{"):
        return unknown(check, f"the answer was longer than {_SOME} tokens.", "Try a --model that says less.")
    return warning(check, f"the schema is ignored: {one_line(answer.reply_text(), _EXCERPT_CHARS)!r}.", advice)


async def probe_cache_control(check: str, target: Target) -> Finding:
    """Check that the cache marker at the top level of the request, which agents set, is accepted."""
    answer = await target.post_json({**_GREETING_REQUEST, "cache_control": {"type": "ephemeral"}})
    if answer.is_message:
        return ok(check, "accepted at the top of the request")
    if answer.is_temporary:
        return _temporary_failure(check, answer)
    return problem(check, f"{answer.brief()}.", "Give agents settings=Settings(cache=None).")


async def probe_thinking(check: str, target: Target) -> Finding:
    """Check that a request with adaptive thinking is accepted."""
    answer = await target.post_json({**_GREETING_REQUEST, "max_tokens": _SOME, "thinking": {"type": "adaptive"}})
    if not answer.is_message:
        return _not_supported(check, answer, "Leave Settings(thinking=...) out.")
    return ok(check, "accepted, and shown" if answer.content_blocks("thinking") else "accepted")


async def probe_effort(check: str, target: Target) -> Finding:
    """Check that a request with an effort is accepted."""
    answer = await target.post_json({**_GREETING_REQUEST, "output_config": {"effort": "low"}})
    if not answer.is_message:
        return _not_supported(check, answer, "Leave Settings(effort=...) out.")
    return ok(check, "accepted")


async def probe_request_id(check: str, target: Target) -> Finding:
    """Check that responses have a request id."""
    answer = await target.post_json(_INVALID_REQUEST)
    if answer.headers.get("request-id"):
        return ok(check, "there")
    return warning(check, "no such header.", "A failure cannot be looked up in the server's log by its id.")


async def probe_error_shape(check: str, target: Target) -> Finding:
    """Check that an invalid request is refused with an error of the API's form."""
    answer = await target.post_json(_INVALID_REQUEST)
    value = answer.json_object or {}
    error = value.get("error")
    if answer.status < 400:
        return warning(check, "a request without messages was answered.", "Mistakes in requests may go unnoticed.")
    if value.get("type") == "error" and isinstance(error, dict) and {"type", "message"} <= error.keys():
        return ok(check, f"{answer.status} {one_line(str(error['type']), _EXCERPT_CHARS)}")  # pyright: ignore[reportUnknownArgumentType]
    advice = "The error message is shown, but kinds of errors are distinguished by their status only."
    if answer.is_temporary:
        advice = "A wrong request passes for a failure of the server, so it is sent again in vain."
    return warning(check, f"{answer.brief()}, not in the API's form.", advice)


PROBES: tuple[tuple[str, Probe], ...] = (
    ("streaming", probe_streaming),
    ("count_tokens", probe_count_tokens),
    ("tools", probe_tools),
    ("parallel_calls", probe_parallel_calls),
    ("structured_output", probe_structured_output),
    ("cache_control", probe_cache_control),
    ("thinking", probe_thinking),
    ("effort", probe_effort),
    ("request_id", probe_request_id),
    ("error_shape", probe_error_shape),
)
"""The probes of a server that answers a plain `message`, in the order in which they run."""


def _tool_use_block(call_id: str) -> Block:
    return {"type": "tool_use", "id": call_id, "name": "get_price", "input": {"item": "tea"}}


def _tool_result_block(call_id: str) -> Block:
    return {"type": "tool_result", "tool_use_id": call_id, "content": "4 EUR"}


def _temporary_failure(check: str, answer: ServerResponse) -> Finding:
    return unknown(check, f"the server failed: {answer.brief()}.", "Try again.")


def _refused_request(check: str, answer: ServerResponse, advice: str) -> Finding:
    return _temporary_failure(check, answer) if answer.is_temporary else problem(check, f"{answer.brief()}.", advice)


def _not_supported(check: str, answer: ServerResponse, advice: str) -> Finding:
    if answer.is_temporary and answer.status != 501:
        return _temporary_failure(check, answer)
    if answer.status in {404, 405, 501}:
        return warning(check, f"not supported ({answer.status}).", advice)
    return warning(check, f"{answer.brief()}.", advice)

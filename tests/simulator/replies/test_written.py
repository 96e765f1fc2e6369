"""Replies print as they were written."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit.simulator import Reply
from agentkit.simulator.replies.parts import ServerError
from agentkit.simulator.replies.written import written_call, written_value


@dataclass
class Report:
    text: str


def reply_function(request: object) -> Reply:
    return Reply.text(str(request))


WRITTEN = [
    'Reply.text("It\'s \\"tea\\" für dich.\\n")',
    'Reply.thinking("Hm.")',
    'Reply.tool("price", item="tea", sizes=[1, 2.5], at={"x": None, "y": True})',
    'Reply.tool("price", **{"for": 1, "a-b": 2})',
    'Reply.tool("price", item="tea", **{"from": "a"})',
    'Reply.tool_text("price", "{")',
    "Reply.output(Report(text='tea'))",
    'Reply.block({"type": "web_search_tool_result", "content": []})',
    'Reply.thinking("Hm.") + Reply.tool("price") + Reply.text("Wait.")',
    'Reply.text("a").replace(stop_reason="max_tokens", usage={"input_tokens": 3})',
    '(Reply.text("a") + Reply.text("b")).replace(stop_sequence="END")',
    'Reply.refusal("No.")',
    'Reply.failure(529, "overloaded_error")',
    'Reply.failure(400, "invalid_request_error", "Bad.")',
    "Reply()",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_reply_prints_as_it_was_written(text: str) -> None:
    reply: object = eval(text, {"Reply": Reply, "Report": Report})
    assert repr(reply) == text


def test_what_has_no_short_form_is_printed_whole() -> None:
    error = ServerError(429, "rate_limit_error", "Simulated error", retry_after="3")
    assert repr(Reply(error=error)) == f'Reply.failure(429, "rate_limit_error").replace(error={error!r})'


def test_values_and_calls_are_written_in_python() -> None:
    assert written_value([reply_function, ..., Report]) == f"[reply_function, ..., {Report!r}]"
    assert written_call("price", {"item": ...}) == '"price", item=...'

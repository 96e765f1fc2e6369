"""Runs of every kind: trees, background, artifacts, middleware, checks, repairs, other models, a full window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentkit import Agent, Budget, Escalate, background, tool
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.run.middleware import CallModel, CallTool, ModelCall, ToolRun
from agentkit.simulator import Reply
from tests.resumption.own_guarded import GUARDED_RUNS
from tests.resumption.own_limits import LIMITED_RUNS
from tests.resumption.own_run import (
    PLAIN,
    SAME,
    OwnRun,
    Responder,
    book,
    helper,
    lead,
    leaf,
    look,
    mark,
    note,
    pay,
    read_log,
    reader,
    turn_of,
    unless,
    wait,
    who,
)


@tool(effect="read")
async def ask_helper(word: str) -> str:
    """Ask somebody else."""
    note(f"ask {word}")
    return str((await helper.run(f"What is {word}?")).output)


async def _around_tool(run: ToolRun, call_next: CallTool) -> Any:
    note(f"around {run.call.name}")
    return "Not more than that." if run.call.input.get("amount") == 3 else await call_next(run)


async def _twice(call: ModelCall, call_next: CallModel) -> AssistantTurn:
    """Ask twice for the second turn of anybody, and take the second reply."""
    first = await call_next(call)
    return await call_next(call) if call.turn == 2 else first


def _verify(output: str) -> str | None:
    return None if "4 EUR" in output else "Name the price."


def _reader_fails(request: JSONObject) -> bool:
    return who(request) == "reader" and request["model"] == "claude-haiku-5-5"


def _too_long(by_server: bool) -> Responder:
    """Return a model for which three turns of the lead are too many; a server that compacts itself, or does not."""
    plain = lead(_CALLS, Reply.tool("look", word="milk"), Reply.tool("pay", amount=2))

    def on(request: JSONObject) -> Reply:
        if "compaction" in request:
            refusal = Reply.failure(400, "invalid_request_error", "compaction: Extra inputs are not permitted")
            return Reply.text("Tea is 4 EUR, and 1 was paid.") if by_server else refusal
        if who(request) == "summary":
            empty: dict[str, list[str]] = {name: [] for name in ("decisions", "done", "open_questions", "artifacts")}
            return Reply.output({"task": "Go", "facts": ["Tea is 4 EUR."], "next_step": "", **empty})
        if who(request) == "lead" and turn_of(request) == 3 and "4 EUR, and 1" not in str(request["messages"][0]):
            return Reply.failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")
        return plain(request)

    return on


def _repaired(request: JSONObject) -> Reply:
    """Call what is not there, with what does not fit; be cut off; and answer in a wrong form."""
    match turn_of(request):
        case 1:
            wrong = Reply.tool("nothing_such", word="tea") + Reply.tool("look", word=3)
            return wrong + Reply.tool_text("look", '{"word": "te') + Reply.tool("pay", amount=1)
        case 2 if request["max_tokens"] < 40_000:
            return _CALLS.replace(stop_reason="max_tokens")
        case 2:
            return Reply.thinking("Hm.") + _CALLS
        case 3:
            return Reply.output("neither this nor that")
        case _:
            return Reply.output({"tea": 4})


_CALLS = Reply.tool("look", word="tea") + Reply.tool("pay", amount=1)
_TREE = lead(
    Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1) + Reply.tool("reader", objective="milk"),
    Reply.tool("look", word="coffee"),
)
_DELEGATES = lead(Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1))
_START = Reply.tool("start_agent", agent="reader", input={"objective": "tea"})
_COLLECT = Reply.tool("collect_agent", handles=["reader-1"], wait=True)
_BACKGROUND = lead(
    _START + Reply.tool("start_agent", agent="leaf", input={"objective": "milk"}),
    Reply.tool("look", word="tea"),
    Reply.tool("collect_agent", handles=[], wait=True),
)
_start_two = _START + Reply.tool("start_agent", agent="waiter", input={"objective": "milk"})
_waiter = Agent("waiter", model="claude-haiku-5-5", instructions="You wait.", tools=[wait], **SAME)
_archivist = Agent("reader", model="claude-haiku-5-5", instructions="You read.", tools=[read_log], **SAME)
_LOGS = lead(
    Reply.tool("read_log", day=1) + Reply.tool("read_log", day=2),
    Reply.tool("search_artifact", artifact="artifact-2", words="tea"),
)
_TOO_COMPLEX = Reply.failure(400, "invalid_request_error", "Schema is too complex.")
_tree_tools: list[Any] = [reader.as_tool(), look, pay]
_background_tools: list[Any] = [background(reader.as_tool(), leaf.as_tool(), _waiter.as_tool()), look]


def _waits(on: Responder) -> Responder:
    return unless(lambda request: "You wait." in str(request.get("system")), Reply.tool("wait", word="milk"), on)


def _lead_of(*tools: Any, **options: Any) -> Agent[Any, Any, Any]:
    return Agent("lead", tools=tools, **{**PLAIN, **options})


OWN_RUNS: Mapping[str, OwnRun] = {
    **LIMITED_RUNS,
    **GUARDED_RUNS,
    "two levels": OwnRun(_lead_of(*_tree_tools), _TREE),
    "two levels, each request fails once": OwnRun(
        _lead_of(*_tree_tools), _TREE, fault=lambda _, count: "status:503" if count == 1 else None
    ),
    "background": OwnRun(_lead_of(*_background_tools), _BACKGROUND),
    "background, reminded: one is cancelled": OwnRun(
        _lead_of(*_background_tools),
        _waits(lead(_start_two, _COLLECT, Reply.text("Tea."), Reply.tool("cancel_agent", handles=["waiter-1"]))),
    ),
    "background, reminded: one is stopped at the end": OwnRun(
        _lead_of(*_background_tools), _waits(lead(_start_two, _COLLECT, Reply.text("Tea.")))
    ),
    "artifacts": OwnRun(_lead_of(read_log), _LOGS),
    "artifacts below": OwnRun(
        _lead_of(_archivist.as_tool(), pay),
        unless(
            lambda request: who(request) == "reader" and turn_of(request) == 1,
            Reply.tool("read_log", day=1) + Reply.tool("read_log", day=2),
            _DELEGATES,
        ),
    ),
    "effects of every kind": OwnRun(
        _lead_of(look, pay, mark, book),
        lead(_CALLS + Reply.tool("mark", word="tea") + Reply.tool("book", room=1), Reply.tool("book", room=2)),
    ),
    "fallback": OwnRun(
        _lead_of(look, pay, fallback="claude-sonnet-5-5"),
        unless(
            lambda request: request["model"] == "claude-opus-5-5", Reply.failure(404, "not_found_error"), lead(_CALLS)
        ),
    ),
    "fallback after a refusal": OwnRun(
        _lead_of(look, pay, fallback="claude-sonnet-5-5"),
        unless(
            lambda request: request["model"] == "claude-opus-5-5" and turn_of(request) == 2,
            Reply.refusal(),
            lead(Reply.thinking("Hm.") + _CALLS, _CALLS),
        ),
    ),
    "a further try of a sub-agent": OwnRun(
        _lead_of(reader.as_tool(on_failure="retry"), pay),
        unless(
            lambda request: _reader_fails(request) and turn_of(request) == 2,
            Reply.failure(400, "invalid_request_error", "No."),
            _DELEGATES,
        ),
    ),
    "a try of a sub-agent by another model": OwnRun(
        _lead_of(reader.as_tool(on_failure=Escalate("claude-sonnet-5-5")), pay),
        unless(
            lambda request: _reader_fails(request) and turn_of(request) == 2,
            Reply.failure(400, "invalid_request_error", "No."),
            _DELEGATES,
        ),
    ),
    "a full window: the server compacts": OwnRun(_lead_of(look, pay), _too_long(True)),
    "a full window: the model does, under a cost": OwnRun(
        _lead_of(look, pay), _too_long(False), Budget(max_cost_usd=9)
    ),
    "repairs": OwnRun(_lead_of(look, pay, output=dict[str, int]), _repaired),
    "answer by a tool": OwnRun(
        _lead_of(look, pay, output=dict[str, int]),
        unless(
            lambda request: "give_answer" not in str(request["tools"]),
            _TOO_COMPLEX,
            lambda request: _CALLS if turn_of(request) == 1 else Reply.tool("give_answer", tea=4),
        ),
    ),
    "verify": OwnRun(
        _lead_of(reader.as_tool(verify=_verify), pay),
        unless(
            lambda request: who(request) == "reader" and turn_of(request) == 2,
            Reply.text("I do not know."),
            _DELEGATES,
        ),
    ),
    "middleware": OwnRun(_lead_of(*_tree_tools, around_tool=[_around_tool], around_model=[_twice]), _TREE),
    "a run that a tool starts": OwnRun(
        _lead_of(ask_helper, pay), lead(Reply.tool("ask_helper", word="tea") + Reply.tool("pay", amount=1))
    ),
}

"""Runs of every kind whose model replies by what it is asked alone, so that any execution of them can go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from agentkit import Agent, Budget, Retry, Settings, background, tool
from agentkit.messages.message import JSONObject
from agentkit.run.middleware import CallModel, CallTool, ModelCall, ToolRun
from agentkit.simulator import Reply
from tests.resumption.watched import Execution

execution: ContextVar[Execution] = ContextVar("execution")
Responder = Callable[[JSONObject], Reply]


def _note(what: str) -> None:
    if (now := execution.get(None)) is not None:
        now.note_effect(what)


@tool(effect="read")
async def look(word: str) -> str:
    """Look a word up."""
    _note(f"look {word}")
    return f"{word} is 4 EUR"


@tool(effect="write")
async def pay(amount: int) -> str:
    """Pay."""
    _note(f"pay {amount}")
    return f"paid {amount}"


@tool(effect="read")
async def read_log(day: int) -> str:
    """Read the log of a day."""
    _note(f"read {day}")
    return "".join(f"{n}: fine\n" for n in range(20_000)) + f"out of tea on day {day}\n"


@tool(effect="read")
async def ask_helper(word: str) -> str:
    """Ask somebody else."""
    _note(f"ask {word}")
    return str((await _helper.run(f"What is {word}?")).output)


async def _around_tool(run: ToolRun, call_next: CallTool) -> Any:
    _note(f"around {run.call.name}")
    return await call_next(run)


async def _around_model(call: ModelCall, call_next: CallModel) -> Any:
    return await call_next(call)


def _verify(output: str) -> str | None:
    return None if "4 EUR" in output else "Name the price."


_FAST = Retry(first_wait_s=0.001, longest_wait_s=0.002)
_SAME: Mapping[str, Any] = {"retry": _FAST, "settings": Settings(cache=None)}  # the cache of a server goes on, too
_helper = Agent("helper", model="claude-haiku-5-5", instructions="You help.", **_SAME)
_leaf = Agent("leaf", model="claude-haiku-5-5", instructions="You are the leaf.", tools=[look, pay], **_SAME)
_reader = Agent(
    "reader", model="claude-haiku-5-5", instructions="You read.", tools=[look, pay, _leaf.as_tool()], **_SAME
)
_PLAIN: Mapping[str, Any] = {"model": "claude-opus-5-5", "instructions": "You lead.", **_SAME}


def _turn(request: JSONObject) -> int:
    return 1 + len([message for message in request["messages"] if message["role"] == "assistant"])


def _who(request: JSONObject) -> str:
    system = str(request.get("system"))
    names = {"You help.": "helper", "You are the leaf.": "leaf", "You read.": "reader", "You lead.": "lead"}
    return next((name for said, name in names.items() if said in system), "summary")


def _is_last(request: JSONObject) -> bool:
    return request.get("tool_choice") == {"type": "none"}


def _below(request: JSONObject) -> Reply | None:
    """Return the reply to anybody but the lead."""
    who, turn = _who(request), _turn(request)
    if who == "lead":
        return None
    if who == "reader" and turn == 1 and not _is_last(request):
        return Reply.tool("look", word="tea") + Reply.tool("leaf", objective="milk") + Reply.tool("pay", amount=2)
    if who == "leaf" and turn == 1 and not _is_last(request):
        return Reply.tool("look", word="milk") + Reply.tool("pay", amount=3)
    return Reply.text(f"The {who} says: 4 EUR.")


def _lead(*turns: Reply) -> Responder:
    def on(request: JSONObject) -> Reply:
        turn = _turn(request)
        is_over = turn > len(turns) or _is_last(request)
        return _below(request) or (Reply.text("Tea is 4 EUR.") if is_over else turns[turn - 1])

    return on


def _once(reply: Reply, is_it: Callable[[JSONObject], bool], on: Responder) -> Responder:
    """Reply so, instead of what `on` says, to what is asked so."""
    return lambda request: reply if is_it(request) else on(request)


@dataclass(frozen=True)
class OwnRun:
    """An agent, and its model."""

    agent: Agent[Any, Any, Any]
    on: Responder
    budget: Budget | None = None
    fails_first: bool = False
    """True if each request fails the first time that it comes."""

    @property
    def options(self) -> Any:
        """The options of the run."""
        return {} if self.budget is None else {"budget": self.budget}

    def respond(self, request: JSONObject) -> Reply:
        """Reply to a request, and note it."""
        now = execution.get(None)
        if now is not None:
            now.note_request(request)
            if self.fails_first and now.asked.count(now.asked[-1]) == 1:
                return Reply.failure(503, "api_error")
        return self.on(request)


_CALLS = Reply.tool("look", word="tea") + Reply.tool("pay", amount=1)
_TREE = _lead(
    Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1) + Reply.tool("reader", objective="milk"),
    Reply.tool("look", word="coffee"),
)
_BACKGROUND = _lead(
    Reply.tool("start_agent", agent="reader", input={"objective": "tea"})
    + Reply.tool("start_agent", agent="leaf", input={"objective": "milk"}),
    Reply.tool("look", word="tea"),
    Reply.tool("collect_agent", handles=[], wait=True),
)
_LOGS = _lead(
    Reply.tool("read_log", day=1) + Reply.tool("read_log", day=2),
    Reply.tool("search_artifact", artifact="artifact-2", words="tea"),
)
_MANY = _lead(*(Reply.tool("look", word=f"w{n}") + Reply.tool("pay", amount=n) for n in range(1, 9)))
_TOO_COMPLEX = Reply.failure(400, "invalid_request_error", "Schema is too complex.")
_tree_tools: list[Any] = [_reader.as_tool(), look, pay]

OWN_RUNS: Mapping[str, OwnRun] = {
    "two levels": OwnRun(Agent("lead", tools=_tree_tools, **_PLAIN), _TREE),
    "two levels, each request fails once": OwnRun(Agent("lead", tools=_tree_tools, **_PLAIN), _TREE, fails_first=True),
    "two levels under a cost": OwnRun(Agent("lead", tools=_tree_tools, **_PLAIN), _TREE, Budget(max_cost_usd=1.2)),
    "background": OwnRun(
        Agent("lead", tools=[background(_reader.as_tool(), _leaf.as_tool()), look], **_PLAIN), _BACKGROUND
    ),
    "artifacts": OwnRun(Agent("lead", tools=[read_log], **_PLAIN), _LOGS),
    "cost": OwnRun(Agent("lead", tools=[look, pay], **_PLAIN), _MANY, Budget(max_cost_usd=0.7)),
    "input tokens": OwnRun(Agent("lead", tools=[look, pay], **_PLAIN), _MANY, Budget(max_input_tokens=9_000)),
    "output tokens": OwnRun(Agent("lead", tools=[look, pay], **_PLAIN), _MANY, Budget(max_output_tokens=20_000)),
    "requests": OwnRun(Agent("lead", tools=[look, pay], **_PLAIN), _MANY, Budget(max_requests=4)),
    "fallback": OwnRun(
        Agent("lead", tools=[look, pay], fallback="claude-sonnet-5-5", **_PLAIN),
        _once(
            Reply.failure(404, "not_found_error"), lambda request: request["model"] == "claude-opus-5-5", _lead(_CALLS)
        ),
    ),
    "answer by a tool": OwnRun(
        Agent("lead", tools=[look, pay], output=dict[str, int], **_PLAIN),
        _once(
            _TOO_COMPLEX,
            lambda request: "give_answer" not in str(request["tools"]),
            lambda request: _CALLS if _turn(request) == 1 else Reply.tool("give_answer", tea=4),
        ),
    ),
    "verify": OwnRun(
        Agent("lead", tools=[_reader.as_tool(verify=_verify), pay], **_PLAIN),
        _once(
            Reply.text("I do not know."),
            lambda request: _who(request) == "reader" and _turn(request) == 2,
            _lead(Reply.tool("reader", objective="tea") + Reply.tool("pay", amount=1)),
        ),
    ),
    "middleware": OwnRun(
        Agent("lead", tools=_tree_tools, around_tool=[_around_tool], around_model=[_around_model], **_PLAIN), _TREE
    ),
    "a run that a tool starts": OwnRun(
        Agent("lead", tools=[ask_helper, pay], **_PLAIN),
        _lead(Reply.tool("ask_helper", word="tea") + Reply.tool("pay", amount=1)),
    ),
}

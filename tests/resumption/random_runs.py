"""Random runs: trees of agents, tools of every effect, and a model whose replies and faults are drawn by a seed.

What is drawn depends on what is asked alone, so that an execution which goes on from a cut meets the same.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

import anyio
from hypothesis import strategies as st

from agentkit import Agent, Budget, ToolError, background, tool
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from tests.resumption.own_run import SAME, OwnRun, book, is_last, look, mark, note, pay, read_log, turn_of, who
from tests.resumption.watched import comparable

_FAULTS = (
    *("status:529", "status:500", "drop", "cut:0", "cut:150", "cut:600", "error_event:1", "error_event:5"),
    *("invalid_json", "truncated_json", "duplicate_ids", "max_tokens", "max_tokens:tool_use", "unknown_block"),
    *("empty", "pause_turn", "refusal", "status:400"),
)
_MOST_TURNS = 4


@tool(effect="write")
async def fail(word: str) -> str:
    """Fail."""
    note(f"fail {word}")
    raise ToolError(f"There is no {word}.")


@tool(effect="write", timeout_s=0.02)
async def hang(word: str) -> str:
    """Wait without end."""
    note(f"hang {word}")
    await anyio.sleep_forever()
    return "never"


_TOOLS = {one.name: one for one in (look, pay, mark, book, fail, hang, read_log)}


def _verify(output: str) -> str | None:
    return None if "EUR" in output else "Name the price."


@dataclass(frozen=True)
class RandomRun:
    """The choices that make a run."""

    seed: int
    tools: frozenset[str]
    levels: int
    """The number of levels below the root."""
    fault_rate: float
    budget: Budget | None
    is_in_background: bool
    tries_again: bool
    has_fallback: bool

    def own_run(self) -> OwnRun:
        """Return the run. What comes of it depends on the order of siblings where they share a budget."""
        is_same = self.budget is None and not self.is_in_background
        return OwnRun(self._agent(), self._reply, self.budget, self._fault, is_same)

    def _agent(self) -> Agent[Any, Any, Any]:
        tools: list[Any] = [_TOOLS[name] for name in sorted(self.tools)]
        cheap: dict[str, Any] = {"model": "claude-haiku-5-5", "max_turns": 6, **SAME}
        below: list[Any] = []
        for name, said in (("leaf", "You are the leaf."), ("reader", "You read."))[2 - self.levels :]:
            agent = Agent(name, instructions=said, tools=[*tools, *below], **cheap)
            below = [agent.as_tool(verify=_verify, on_failure="retry" if self.tries_again else "tell")]
        if below and self.is_in_background:
            below = [background(*below)]
        strong: dict[str, Any] = {**cheap, "model": "claude-opus-5-5"}
        strong["fallback"] = "claude-sonnet-5-5" if self.has_fallback else None
        return Agent("lead", instructions="You lead.", tools=[*tools, *below], **strong)

    def _chance(self, *parts: object) -> random.Random:
        return random.Random("/".join(map(str, (self.seed, *parts))))

    def _fault(self, body: str, count: int) -> str | None:
        chance = self._chance("fault", body, count)
        return chance.choice(_FAULTS) if chance.random() < self.fault_rate else None

    def _reply(self, request: JSONObject) -> Reply:
        if "compaction" in request:
            return Reply.text("What was said: tea is 4 EUR.")
        turn, name = turn_of(request), who(request)
        chance = self._chance(name, comparable(json.dumps(request["messages"])))
        if turn > 1 and chance.random() < self.fault_rate / 4:
            return Reply.failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")
        reply = Reply.thinking("Hm.") if chance.random() < 0.3 else Reply()
        given = [str(param["name"]) for param in request.get("tools") or ()]
        names = sorted(name for name in given if not name.endswith("_artifact"))  # these tell what others have kept
        if is_last(request) or not names or turn > _MOST_TURNS or chance.random() < 0.2 * (turn - 1):
            return reply + Reply.text(f"The {name} says: {chance.choice(['4 EUR', '5 EUR', 'nothing'])}.")
        names += [one for one in names if one in ("leaf", "reader", "start_agent")] * 3
        for _ in range(chance.choice([1, 2, 2, 3])):
            reply += _call(chance, chance.choice(names))
        return reply


def _call(chance: random.Random, name: str) -> Reply:
    word = f"w{chance.randrange(10**6)}"
    if chance.random() < 0.08:
        return chance.choice([Reply.tool("nothing_such", word=word), Reply.tool("look", word=3)])
    match name:
        case "pay":
            return Reply.tool("pay", amount=chance.randrange(10**6))
        case "book":
            return Reply.tool("book", room=chance.randrange(10**6))
        case "read_log":
            return Reply.tool("read_log", day=chance.randrange(3))
        case "reader" | "leaf":
            return Reply.tool(name, objective=word)
        case "start_agent":
            return Reply.tool("start_agent", agent=chance.choice(["reader", "leaf"]), input={"objective": word})
        case "collect_agent" | "cancel_agent":
            return Reply.tool(name, handles=[])
        case _:
            return Reply.tool(name, word=word)


_BUDGETS = (
    *(Budget(max_requests=count) for count in (2, 5, 12)),
    *(Budget(max_cost_usd=usd) for usd in (0.4, 1.0, 3.0)),
    Budget(max_output_tokens=40_000),
    Budget(max_input_tokens=8_000),
)
RANDOM_RUNS = st.builds(
    RandomRun,
    seed=st.integers(0, 2**16),
    tools=st.frozensets(st.sampled_from(sorted(_TOOLS)), min_size=1),
    levels=st.integers(0, 2),
    fault_rate=st.sampled_from([0.0, 0.0, 0.1, 0.3]),
    budget=st.none() | st.sampled_from(_BUDGETS),
    is_in_background=st.booleans(),
    tries_again=st.booleans(),
    has_fallback=st.booleans(),
)

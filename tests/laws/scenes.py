"""Random scenes: a tree of agents, a mind that keeps it busy, faults, a budget, and perhaps a cancel; told by a seed.

Whatever a law needs to know is written down as it happens. Nothing here judges: see `laws.py`.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias
from unittest.mock import patch

import anyio

from agentkit import Agent, Budget, Event, Retry, RunResult, Settings
from agentkit.agents.conversation import Conversation
from agentkit.event_loop import EventLoop
from agentkit.messages.message import AssistantTurn, JSONObject
from agentkit.run.delegation_terms import Verify
from agentkit.run.middleware import CallModel, ModelCall
from agentkit.simulator import Mix, Reply, Script
from agentkit.simulator.faults.plan import SURVIVABLE_FAULTS, FaultPlan
from tests.budgets.server import TOKEN, NamingSimulator, asking, token_of
from tests.budgets.started_runs import WAYS, AnyTool, listed, starting_tool
from tests.laws.scene_tools import RECORD, WORK, Diary

AnyAgent: TypeAlias = Agent[Any, Any, Any]

AMONG = (
    *(*SURVIVABLE_FAULTS, "cut:420", "error_event:0", "status:503", "unknown_stop_reason", "refusal"),
    *("status:400", "status:401", "status:413", "context_exceeded"),
)
"""What goes wrong: all that a run should survive, and some that end it."""
_IMPATIENT = Retry(first_wait_s=0.001, longest_wait_s=0.004, max_attempts=4)


@dataclass
class Scene:
    """What one seed stands for."""

    seed: int
    rate: float | None = None
    """The share of requests that meet a fault. None: as the seed says."""
    starts_runs: bool = False
    """Whether the code of tools runs agents, in threads as well: then not all happens in the same order again."""
    has_socket: bool = False
    """Whether the server is reached over a socket, by the client that opens where none is given."""
    diary: Diary = field(default_factory=Diary)
    simulator: NamingSimulator = field(init=False)
    budget: Budget | None = None
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    """Whose run it is, by run id."""
    result: RunResult[Any] | None = None
    """None: the run was cancelled from outside."""
    events: list[Event] = field(default_factory=list[Event])
    chat: Conversation[Any, Any, Any] = field(init=False)
    has_ended: bool = False
    was_struck: bool = False
    was_awaited: bool = False
    """Whether nobody heard the events of it, or of a part of it."""
    first_row: int = 0
    """Of the server's ledger, from which on the budget holds."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        rate = self.chance.choice([0.0, 0.1, 0.3, 0.5]) if self.rate is None else self.rate
        self.simulator = NamingSimulator(Script(self.answer), faults=Mix(rate, self.seed, AMONG))
        if self.chance.random() < 0.4:
            self.strike_after(self.chance.randint(1, 25))
        if self.chance.random() < 0.5:
            self.budget = self.some_budget()
        self.agent = self._agent()
        self.chat = self.agent.conversation()

    # -- who there is, and what they say -----------------------------------------------------------------------

    def strike_after(self, ticks: int) -> None:
        """Cancel at the so-many-th moment from now on."""
        self.diary.strike_at = self.diary.ticks + ticks

    @property
    def has_threads(self) -> bool:
        """Whether the server is asked to hold the conversations."""
        return self.seed % 3 == 0

    def some_budget(self) -> Budget:
        """Limits that bite soon, late or never."""
        chance = self.chance
        return Budget(
            max_cost_usd=chance.choice([None, 0.1, 0.5, 3]),
            max_requests=chance.choice([None, 2, 5, 20]),
            max_output_tokens=chance.choice([None, None, 9_000]),
            max_seconds=chance.choice([None, None, None, 0.15]),
        )

    def _agent(self) -> AnyAgent:
        chance = self.chance
        common: dict[str, Any] = {
            "deps": Diary,
            "retry": _IMPATIENT,
            "around_model": [self._see],
            "max_turns": chance.choice([3, 8, 50]),
            "settings": Settings(
                cache=chance.choice([None, "5m", "1h"]),
                max_tokens=chance.choice([2_000, 16_000]),
                thread=self.has_threads,
            ),
        }
        starters, verify = self._starters(common) if self.starts_runs else ([], None)
        leaf: AnyAgent = Agent("leaf", model="claude-haiku-5-5", tools=[WORK, RECORD], **common)
        below: list[Any] = [WORK, leaf.as_tool(), *starters[:1]]
        reader: AnyAgent = Agent("reader", model="claude-haiku-4-5", tools=below, **common)
        fallback = chance.choice([None, None, "claude-sonnet-5-5"])
        output = chance.choice([str, dict[str, int]])
        tools: list[Any] = [WORK, RECORD, reader.as_tool(verify=verify), *starters[1:]]
        return Agent("lead", model="claude-opus-5-5", tools=tools, output=output, fallback=fallback, **common)

    def _starters(self, common: dict[str, Any]) -> tuple[list[AnyTool], Verify[str] | None]:
        """Tools, and perhaps a check of an answer, whose code runs an agent in one of the ways there are."""
        # The middleware of the runs that code starts is that of the run around them.
        own: dict[str, Any] = {**common, "deps": self._open_diary, "around_model": [], "max_turns": 2}
        helper: AnyAgent = Agent("helper", model="claude-haiku-5-5", tools=[WORK], **own)
        timeouts_s = [None, None, None, 0.05]
        tools = [
            starting_tool(helper, way, self.diary.running, self.chance.choice(timeouts_s))
            for way in self.chance.sample(WAYS, 3)
        ]

        async def verify(_: str) -> None:
            with listed("verify", self.diary.running):
                await helper.run(f"[{asking.get()}v{next(self.diary.numbers)}] Is it right?")

        return tools, self.chance.choice([None, verify])

    @asynccontextmanager
    async def _open_diary(self) -> AsyncGenerator[Diary]:
        yield self.diary

    async def _see(self, call: ModelCall, go_on: CallModel) -> AssistantTurn:
        found = TOKEN.search(call.request.messages[0].encoded.decode())
        token = self.tokens.setdefault(call.run_id, found[1] if found else "a")
        if self.has_socket:
            options = {**call.request.options, "metadata": {"user_id": token}}
            call = replace(call, request=replace(call.request, options=options))
        else:
            asking.set(token)
        self.diary.asked.append((token, call.request.options["model"], call.request.to_bytes()))
        turn = await go_on(call)
        self.diary.turns.append(turn)
        return turn

    async def answer(self, request: JSONObject) -> Reply:
        """Some calls at once, right and wrong ones, or an answer."""
        self.diary.tick()
        token = asking.get("") or token_of(request)
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        chance = random.Random(f"{self.seed}/{token}/{turn}")
        await anyio.sleep(chance.choice([0, 0, 0.001]))
        given = {str(param["name"]) for param in request.get("tools") or ()}
        names = {name for name in given if name in ("work", "record", "reader", "leaf") or name.startswith("by_")}
        if not names or request.get("tool_choice") == {"type": "none"} or chance.random() < 0.1 + 0.12 * (turn % 8):
            return Reply.output({"tea": turn} if chance.random() < 0.9 else "neither this nor that")
        reply = Reply.thinking("Hm. " * chance.randrange(20)) if chance.random() < 0.4 else Reply()
        for number in range(chance.choice([1, 1, 2, 3, 6])):
            reply += self._call(chance, sorted(names), f"{token}.{turn}x{number}")
        return reply

    def _call(self, chance: random.Random, names: list[str], key: str) -> Reply:
        own = [name for name in names if not name.startswith("by_")]
        kind, name = chance.random(), chance.choice(own if own != names and chance.random() < 0.6 else names)
        if kind < 0.05:
            return Reply.tool("nothing_such", key=key)
        if kind < 0.1:
            return Reply.tool("work", how=3)
        if name.startswith("by_"):
            return Reply.tool(name, prompts=[f"[{key}p{n}] Do it." for n in range(chance.choice([1, 1, 2]))])
        if name in ("reader", "leaf"):
            return Reply.tool(name, objective=f"[{key}] Do it.")
        how = (
            {
                "how": chance.choice(
                    ["ok"] * 8 + ["raise", "group", "say no", "hang", "huge", "leak", "leak in an error"]
                )
            }
            if name == "work"
            else {}
        )
        return Reply.tool(name, **how, key=key, check=len(key))

    # -- where the server is -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def reachable(self) -> AsyncGenerator[None]:
        """Serve the API inside the block, if it is reached over a socket."""
        if not self.has_socket:
            yield
            return
        async with self.simulator.serve() as url:
            await anyio.wait_all_tasks_blocked()  # the server's own tasks have begun
            with patch.dict(os.environ, ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY="any"):
                yield

    def _client(self) -> dict[str, Any]:
        return {} if self.has_socket else {"client": self.simulator.client()}

    # -- what happens ------------------------------------------------------------------------------------------

    async def live(self, prompt: str = "[a] Go.") -> None:
        """The run, by one of the ways there are, cancelled at its moment if it has one."""
        self.first_row = len(self.simulator.ledger.rows)
        random.seed(self.seed)  # of the waits between attempts
        options: dict[str, Any] = {"deps": self.diary, **self._client()}
        if self.budget is not None:
            options["budget"] = self.budget
        way = self._streamed if self.chance.random() < 0.5 else self._awaited
        await way(prompt, options)
        self.was_struck = self.diary.strike_at is not None and self.diary.ticks >= self.diary.strike_at
        self.diary.strike_at = None
        self.has_ended = True

    async def _awaited(self, prompt: str, options: dict[str, Any]) -> None:
        self.was_awaited, self.result = True, None
        with anyio.CancelScope() as scope:
            self.diary.strike = partial(EventLoop.current().call_or_post, scope.cancel)
            self.result = await self.chat.send(prompt, **options)

    async def _streamed(self, prompt: str, options: dict[str, Any]) -> None:
        leaves = self.chance.random() < 0.5
        async with self.chat.stream(prompt, **options) as run:
            self.diary.strike = run.cancel if not leaves else lambda: None
            async for event in run:
                self.events.append(event)
                self.diary.tick()
                if leaves and self.diary.strike_at is not None and self.diary.ticks >= self.diary.strike_at:
                    self.was_awaited = True  # from here on nobody hears what happens until it has ended
                    break
        self.result = run.result

    async def go_on(self) -> RunResult[Any]:
        """Say something more in the same conversation, with nothing in the way."""
        self.simulator.fault_plan = FaultPlan()
        self.budget = None
        return await self.chat.send("Go on.", deps=self.diary, **self._client())

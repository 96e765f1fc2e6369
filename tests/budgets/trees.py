"""Random trees of agents under random budgets, and a mind that keeps them busy; all of it told by a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeAlias

import anyio

from agentkit import Agent, AgentTool, Budget, Retry, RunResult, Settings, ToolError, stop_over_budget, tool
from agentkit.agents.background_tools import background
from agentkit.messages.message import JSONObject
from agentkit.run.delegation_terms import Escalate, OnFailure, Verify
from agentkit.simulator import Mix, Reply, Script
from agentkit.simulator.faults.parsing import parse_fault
from agentkit.simulator.faults.plan import SURVIVABLE_FAULTS
from tests.budgets.server import DenseSimulator, Limited, NamingSimulator, dense_content, dense_usage, token_of
from tests.budgets.started_runs import SELDOM_BLOCKING, AnyTool, listed, starting_tool

AnyAgent: TypeAlias = Agent[Any, Any, Any]

MODELS = ("claude-opus-5-5", "claude-haiku-5-5", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5")
DELIVERY = (
    *("status:529", "status:500", "status:429,retry_after=0.01", "drop", "cut:0", "cut:60", "cut:150", "cut:420"),
    *("cut:700", "cut:1500", "error_event:0", "error_event:1", "error_event:4", "error_event:9", "delay:0.005"),
    *("drip:200", "unknown_event", "status:400"),
)
"""What goes wrong on the way, and leaves what the server counts as it is."""
UNUSUAL = tuple(word for word in SURVIVABLE_FAULTS if word != "drip:16")
"""What goes wrong in what is said; long replies do not come in drops, which takes seconds."""
_IMPATIENT = Retry(first_wait_s=0.001, longest_wait_s=0.004, max_attempts=4)
_TIER_BYTES = 96_000
"""A prompt of so many comes over the limit of the cheaper price after some turns."""


@tool(effect="read")
async def look(size: int) -> str:
    """Read something of this size."""
    await anyio.sleep(0.001)
    if size % 7 == 0:
        raise ToolError("There is nothing here.")
    return "found " * (size // 6)


@dataclass
class Tree:
    """What one seed stands for."""

    seed: int
    chance: random.Random = field(init=False)
    limited: list[Limited] = field(default_factory=list[Limited])
    budgets: dict[str, list[tuple[str, Budget]]] = field(default_factory=dict[str, list[tuple[str, Budget]]])
    """Of the agents, by name: their own and that of the delegation to them."""
    results: list[RunResult[Any]] = field(default_factory=list[RunResult[Any]])
    simulator: NamingSimulator = field(init=False)
    is_dense: bool = field(init=False)
    running: list[str] = field(default_factory=list[str])
    """What the code of tools runs now."""
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.is_dense = self.chance.random() < 0.6
        rate, words = self.chance.choice([0.0, 0.15, 0.4]), DELIVERY if self.is_dense else (*DELIVERY, *UNUSUAL)
        # No reply is kept for the next attempt, which may be given less room: the mind says the same again, cut to it.
        faults = Mix(rate, self.seed, [replace(parse_fault(str(word)), keeps_reply=False) for word in words])
        make = DenseSimulator if self.is_dense else NamingSimulator
        self.simulator = make(Script(self.answer), faults=faults)

    # -- who there is ------------------------------------------------------------------------------------------

    def agent(self, depth: int, name: str) -> AnyAgent:
        """An agent with up to three levels of others below it."""
        chance = self.chance
        budget = self.budget(3) if chance.random() < 0.25 else None
        self.budgets[name] = [("agent", budget)] if budget else []
        tools: list[Any] = [look] if chance.random() < 0.6 else []
        delegates = [self.delegate(depth - 1, f"{name}{n}") for n in range(chance.choice([0, 1, 2, 3]) if depth else 0)]
        in_background = bool(delegates) and chance.random() < 0.3
        tools += [background(*delegates)] if in_background else delegates
        tools += [self.starter(depth - 1, f"{name}s")] if depth and chance.random() < 0.5 else []
        filler = "Read with care. " * (_TIER_BYTES // 16) if chance.random() < 0.06 else ""
        return Agent(
            name,
            model=chance.choice(MODELS),
            instructions=f"You are {name}. {filler}",
            tools=tools,
            settings=Settings(max_tokens=chance.choice([1024, 2000, 16_000]), cache=chance.choice([None, "5m", "1h"])),
            budget=budget,
            fallback=chance.choice([None, None, None, "claude-haiku-4-5"]),
            retry=_IMPATIENT,
        )

    def starter(self, depth: int, name: str) -> AnyTool:
        """A tool whose code runs another agent, in one of the ways there are."""
        way, timeout_s = self.chance.choice(SELDOM_BLOCKING), self.chance.choice([None] * 9 + [0.05])
        return starting_tool(self.agent(depth, name), way, self.running, timeout_s)

    def delegate(self, depth: int, name: str) -> AgentTool[Any, Any]:
        """Another agent as a tool, on terms of its own."""
        chance = self.chance
        child = self.agent(depth, name)
        # Each try has anew what is limited below it: by the prompts, the tries cannot be told apart.
        is_limited_below = any(limits for other, limits in self.budgets.items() if other.startswith(name))
        ways: list[OnFailure] = ["tell", "retry", Escalate("claude-haiku-4-5")]
        on_failure = "tell" if is_limited_below else chance.choice(ways)
        given = self.budget() if chance.random() < 0.3 else None
        self.budgets[name] += [("delegation", given)] if given else []
        timeout_s = chance.choice([None, None, None, 0.01, 0.1])
        verify = self.verifier(f"{name}v") if chance.random() < 0.15 else None
        return child.as_tool(budget=given, on_failure=on_failure, timeout_s=timeout_s, verify=verify)

    def verifier(self, name: str) -> Verify[str]:
        """A check of a sub-agent's answer that runs an agent itself."""
        checker = self.agent(0, name)

        async def verify(_: str) -> None:
            with listed(f"verify {name}", self.running):
                await checker.run(f"[{name[0]}.v{next(self.numbers)}] Is it right?")

        return verify

    def budget(self, scale: float = 1) -> Budget:
        """One to four limits, some that bite at once, some never; larger where more is to run below it."""
        kinds = self.chance.sample(["cost", "input", "output", "requests"], k=self.chance.choice([1, 1, 2, 4]))
        return Budget(
            max_cost_usd=self._between(0.02, 3) * scale if "cost" in kinds else None,
            max_input_tokens=int(self._between(4_000, 400_000) * scale) if "input" in kinds else None,
            max_output_tokens=int(self._between(2_000, 60_000) * scale) if "output" in kinds else None,
            max_requests=int(self._between(1, 30) * scale) if "requests" in kinds else None,
        )

    def _between(self, least: float, most: float) -> float:
        return math.exp(self.chance.uniform(math.log(least), math.log(most)))

    # -- what they say -----------------------------------------------------------------------------------------

    async def answer(self, request: JSONObject) -> Reply:
        """Delegate, look, or answer; never longer than the request allows."""
        token = token_of(request)
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        chance = random.Random(f"{self.seed}/{token}/{turn}")
        await anyio.sleep(chance.choice([0, 0, 0.001, 0.004]))
        reply = self._reply(request, token, turn, chance)
        most = request["max_tokens"]
        if dense_content(reply.to_turn(request, "000").content) > most:
            reply = Reply.text("x" * (most - 40)).replace(stop_reason="max_tokens")
        return reply.replace(usage=dense_usage(request, reply, chance)) if self.is_dense else reply

    def _reply(self, request: JSONObject, token: str, turn: int, chance: random.Random) -> Reply:
        tools: dict[str, JSONObject] = {param["name"]: param for param in request.get("tools") or ()}
        names = list(tools)
        is_last = request.get("tool_choice") == {"type": "none"}
        if not names or is_last or chance.random() < 0.15 + 0.2 * turn:
            return Reply.text("Well. " * chance.choice([1, 50, 300, 3_000]))
        reply = Reply.thinking("Hm. " * chance.randrange(40)) if chance.random() < 0.3 else Reply()
        for number in range(chance.choice([1, 1, 2, 5])):
            name = chance.choice(names)
            if name == "look":
                reply += Reply.tool(name, size=chance.choice([3, 7, 40, 1_000, 6_000, 20_001]))
            elif name.startswith("by_"):
                prompts = [f"[{token}.{turn}x{number}p{n}] Go." for n in range(chance.choice([1, 2, 3]))]
                reply += Reply.tool(name, prompts=prompts)
            elif name == "collect_agent":
                reply += Reply.tool(name, handles=[], wait=chance.random() < 0.5)
            elif name == "cancel_agent":
                reply += Reply.tool(name, handles=[])
            else:
                brief = {"objective": f"[{token}.{turn}x{number}] {'Do it. ' * chance.choice([1, 20])}"}
                if name == "start_agent":
                    agent = chance.choice(tools[name]["input_schema"]["properties"]["agent"]["enum"])
                    reply += Reply.tool(name, agent=agent, input=brief)
                else:
                    reply += Reply.tool(name, **brief)
        return reply

    # -- what happens ------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """One to three roots at once, in blocks with budgets of their own; at the end everything has ended."""
        outer, inner = self.budget(30), self.budget(10)
        with stop_over_budget(outer):
            self.limited.append(Limited("outer block", "", outer))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.root, "a")
                if self.chance.random() < 0.5:
                    with stop_over_budget(inner):
                        self.limited.append(Limited("inner block", "b", inner))
                        tasks.start_soon(self.root, "b")
                if self.chance.random() < 0.4:
                    tasks.start_soon(self.map, "m")
        self.limited += [
            Limited(kind, token, budget)
            for token, name in {(token_of(request), name_of(request)) for request in self.simulator.requests}
            for kind, budget in self.budgets[name]
        ]

    async def root(self, token: str) -> None:
        budget = self.budget(10) if self.chance.random() < 0.7 else None
        self.limited += [Limited("run", token, budget)] if budget else []
        agent = self.agent(3, token)
        options: Any = {"budget": budget} if budget else {}
        self.results.append(await agent.run(f"[{token}] Go.", client=self.simulator.client(), **options))

    async def map(self, token: str) -> None:
        budget, agent = self.budget(10), self.agent(1, token)
        self.limited.append(Limited("map", token, budget))
        items = [f"[{token}.{number}] Go." for number in range(self.chance.randint(1, 12))]
        found = await agent.map(items, concurrency=5, budget=budget, client=self.simulator.client())
        self.results += [one.result for one in found if one.result is not None]


def name_of(request: JSONObject) -> str:
    """Which agent a request is of."""
    return str(request["system"]).partition("You are ")[2].split(".")[0]

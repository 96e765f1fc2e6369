"""What type checkers must accept, and the types they must find. It is checked and never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, assert_type

import agentkit
from agentkit import Agent, Brief, Content, Done, Failed, Redactor, RunContext, RunResult, Tool, Toolset, process, tool
from agentkit.messages import JSONObject
from agentkit.tool_calls import Blockage


@dataclass
class Shop:
    name: str


@dataclass
class Report:
    text: str


@dataclass
class Question:
    text: str


@tool
def bare(words: list[str], limit: int = 3) -> list[str]:
    return words[:limit]


@tool
async def bare_async(ctx: RunContext[Shop], words: list[str]) -> str:
    return ctx.deps.name + words[0]


@tool(name="find", description="Find.", effect="read", timeout_s=20, strict=True, max_result_tokens=100)
def with_keywords(words: list[str]) -> int:
    return len(words)


@tool(effect="write", raises=(LookupError, OSError), examples=[{"lines": ["tea"]}], exclusive=True)
async def with_keywords_async(ctx: RunContext[Shop], *, lines: list[str]) -> float:
    return float(len(lines))


@tool(available=lambda ctx: ctx.attempt == 1)
def sometimes(n: int) -> int:
    return n


class Counter:
    def __init__(self) -> None:
        self.count = tool(self.add)
        self.count_async = tool(self.add_async, effect="read")

    def add(self, amount: int) -> int:
        return amount

    async def add_async(self, amount: int) -> int:
        return amount


def the_callable_keeps_its_signature() -> None:
    assert_type(bare(["tea"]), list[str])
    assert_type(bare(words=["tea"], limit=1), list[str])
    assert_type(with_keywords(["tea"]), int)
    assert_type(sometimes(1), int)
    assert_type(Counter().count(amount=1), int)


async def so_does_an_async_one(ctx: RunContext[Shop]) -> None:
    pending: Coroutine[Any, Any, str] = bare_async(ctx, ["tea"])
    assert_type(await pending, str)
    assert_type(await bare_async(ctx, words=["tea"]), str)
    assert_type(await with_keywords_async(ctx, lines=["tea"]), float)
    assert_type(await Counter().count_async(2), int)


async def a_tool_has_these(ctx: RunContext[Shop]) -> None:
    assert_type(bare.name, str)
    assert_type(bare.to_param(strict=True), JSONObject)
    assert_type(await bare.call({"words": []}, RunContext(deps=None)), Content)
    assert_type(await bare_async.call({"words": []}, RunContext(deps=Shop("a"))), Content)
    assert_type(await bare_async.call({"words": []}, ctx), Content)


def from_json_schema() -> None:
    def run(ctx: RunContext[Shop], given: JSONObject) -> str:
        return ctx.deps.name

    async def run_async(given: JSONObject) -> str:
        return str(given)

    assert_type(Tool.from_schema("a", "A.", {"type": "object"}, run, effect="read"), Tool[..., object])
    assert_type(Tool.from_schema("b", "B.", {"type": "object"}, run_async), Tool[..., object])


@asynccontextmanager
async def open_shop() -> AsyncGenerator[Shop, None]:
    yield Shop("corner")


plain = Agent("plain", model="m")
typed = Agent("typed", model="m", input=Question, output=Report, deps=Shop, tools=[bare, bare_async])
union = Agent("union", model="m", output=Report | Question)
optional = Agent("optional", model="m", output=int | None, deps=open_shop)
listed = Agent("listed", model="m", input=list[str], output=dict[str, Report])
lead = Agent("lead", model="m", tools=[Toolset("shop", [bare, with_keywords]), typed.as_tool(), plain.as_tool()])
api = Agent("api", model="m", tools=[{"type": "web_search_20250305", "name": "web_search"}])
told = Agent("told", model="m", deps=Shop, instructions=lambda ctx: f"You serve {ctx.deps.name}.")


def an_agent_is_inferred() -> None:
    assert_type(plain, Agent[None, str, str])
    assert_type(typed, Agent[Shop, Question, Report])
    assert_type(union, Agent[None, str, Report | Question])
    assert_type(optional, Agent[Shop, str, int | None])
    assert_type(listed, Agent[None, list[str], dict[str, Report]])
    assert_type(told, Agent[Shop, str, str])


async def outputs_have_their_type(questions: Sequence[Question]) -> None:
    assert_type(await plain.run("Hi."), RunResult[str])
    assert_type((await typed.run(Question("Why?"), deps=Shop("a"))).output, Report)
    assert_type((await typed.run("Why?", deps=Shop("a"), run_id="r")).output, Report)
    assert_type((await union.run("Why?")).output, Report | Question)
    assert_type(optional.run_sync("How many?").output, int | None)
    assert_type(await typed.map(questions, concurrency=4, deps=Shop("a")), list[Done[Report] | Failed])
    for item in await union.map(["a", "b"]):
        if isinstance(item, Done):
            assert_type(item.output, Report | Question)
        else:
            assert_type(item.reason, str)
    async with typed.stream(Question("Why?"), deps=Shop("a")) as run:
        async for event in run:
            assert_type(event.path, tuple[str, ...])
    assert_type(run.result, RunResult[Report])
    chat = union.conversation()
    assert_type((await chat.send("Hello.")).output, Report | Question)
    assert_type(chat.stream("Hello.").result.output, Report | Question)


async def a_sub_agent_is_called_from_python() -> None:
    reader = typed.as_tool(name="read", description="Read.", verify=lambda report: report.text or None)
    assert_type(await reader(Question("Why?")), Report)
    assert_type(await union.as_tool()("Why?"), Report | Question)
    assert_type(Brief(objective="Read.").sources, list[str])


async def the_package_has_these() -> None:
    assert_type(agentkit.blockages(), tuple[Blockage, ...])
    assert_type(agentkit.Redactor().text(""), str)
    assert_type(Redactor().content("a"), Content)
    assert_type(await agentkit.process.run(["true"]), process.Completed)

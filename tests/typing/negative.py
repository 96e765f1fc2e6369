"""What type checkers must refuse: each line marked `expect-error`, and no other. It is checked and never run."""

from __future__ import annotations

from dataclasses import dataclass

from agentkit import Agent, RunContext, Tool, tool
from agentkit.messages.message import JSONObject


@dataclass
class Shop:
    name: str


@dataclass
class Report:
    text: str


@tool
def bare(words: list[str], limit: int = 3) -> list[str]:
    return words[:limit]


@tool
async def bare_async(ctx: RunContext[Shop], words: list[str]) -> str:
    return ctx.deps.name + words[0]


@tool(effect="read")
def with_keywords(words: list[str]) -> int:
    return len(words)


class Counter:
    def add(self, amount: int) -> int:
        return amount


add = tool(Counter().add)


def arguments_are_checked() -> None:
    bare("tea")  # expect-error
    bare(["tea"], limit="3")  # expect-error
    bare(word=["tea"])  # expect-error
    bare()  # expect-error
    with_keywords([1])  # expect-error
    add("1")  # expect-error


async def so_are_those_of_async_tools(shop: RunContext[Shop], other: RunContext[int]) -> None:
    await bare_async(other, ["tea"])  # expect-error
    await bare_async(["tea"])  # expect-error
    await bare_async.call("tea", shop)  # expect-error
    (await bare_async(shop, ["tea"])).append("x")  # expect-error


def results_have_their_type() -> None:
    text: str = bare(["tea"])  # expect-error
    number: str = with_keywords(["tea"])  # expect-error
    total: str = add(1)  # expect-error
    _ = (text, number, total)


@tool(hasty=True)  # expect-error
def unknown_keyword(n: int) -> int:
    return n


@tool(effect="read", retries="3")  # expect-error
def retries_in_words(n: int) -> int:
    return n


@tool(effect="maybe")  # expect-error
def unknown_effect(n: int) -> int:
    return n


@tool(raises=LookupError)  # expect-error
def one_exception(n: int) -> int:
    return n


@tool(timeout_s="20")  # expect-error
def timeout_in_words(n: int) -> int:
    return n


def from_json_schema(given: JSONObject) -> str:
    return str(given)


Tool.from_schema("a", "A.", {"type": "object"}, from_json_schema, hasty=True)  # expect-error
Tool.from_schema("a", "A.", {"type": "object"})  # expect-error
tool("find_items")  # expect-error

plain = Agent("plain", model="m")
typed = Agent("typed", model="m", output=Report, deps=Shop)
union = Agent("union", model="m", input=Report, output=Report | int)

Agent("a")  # expect-error
Agent("a", model="m", sampling=0.5)  # expect-error
Agent("a", model="m", max_turns="50")  # expect-error
Agent("a", model="m", tools=[len])  # expect-error
plain.model = "n"  # expect-error


def check_text(text: str) -> str | None:
    return text


async def runs_are_checked() -> None:
    await plain.run(5)  # expect-error
    await union.run(Shop("a"))  # expect-error
    await typed.run("Hi.", deps=Report("x"))  # expect-error
    await typed.run("Hi.", budget=1)  # expect-error
    text: str = (await typed.run("Hi.")).output  # expect-error
    report: Report = (await union.run("Hi.")).output  # expect-error
    await union.map([Shop("a")])  # expect-error
    await union.as_tool()(Shop("a"))  # expect-error
    number: int = await typed.as_tool()("Hi.")  # expect-error
    typed.as_tool(verify=check_text)  # expect-error
    typed.as_tool(on_failure="rety")  # expect-error
    typed.as_tool(models=["m"])  # expect-error
    async with typed.stream("Hi.") as run:
        output: int = run.result.output  # expect-error
    _ = (text, report, number, output)

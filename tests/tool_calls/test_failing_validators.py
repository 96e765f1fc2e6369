"""A run goes on when the user's code fails inside a validation, whatever is validated and however it is started."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, field_validator

from agentkit import Agent, tool
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

MODEL = "claude-haiku-5-5"
TABLE = {"tea": 1}


class Person(BaseModel):
    name: str

    @field_validator("name", mode="before")
    @classmethod
    def trimmed(cls, value: Any) -> Any:
        return value.strip()


class Meal(BaseModel):
    drink: Annotated[str, AfterValidator(lambda name: TABLE[name] and name)]
    extra: dict[str, Any] = {}
    """Has no strict form, so that the answer comes by a tool."""


async def test_arguments_are_refused_and_nothing_is_executed_or_repeated(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[object] = []
    asked: list[str] = []

    def known(name: str) -> str:
        asked.append(name)
        raise ConnectionError("hunter2")

    @tool(effect="idempotent", retries=3)
    def save(person: Person, drink: Annotated[str, AfterValidator(known)]) -> str:
        ran.append(person)
        return "saved"

    agent = Agent("a", model=MODEL, tools=[save])
    with (
        caplog.at_level(logging.ERROR, "agentkit"),
        script(
            Reply.tool("save", person={"name": 5}, drink="x"),
            Reply.tool("save", person={"name": "Ada"}, drink="y"),
            Reply.text("ok"),
        ),
    ):
        result = await agent.run("Go")
    assert (ran, asked) == ([], ["x", "y"])
    first, second = (str(result.messages[n]["content"][0]["content"]) for n in (2, 4))
    assert "person.name: expected a string, got 5" in first
    assert "drink: could not be checked (ConnectionError)" in first
    assert second.splitlines()[1:] == ["- drink: could not be checked (ConnectionError)"]
    assert "Nothing was executed" in second
    assert "hunter2" not in first + second
    assert "hunter2" in caplog.text
    assert "AttributeError" in caplog.text


@pytest.fixture(params=["run", "stream", "map"])
def way(request: pytest.FixtureRequest) -> Any:
    async def start(agent: Agent[None, str, Any]) -> Any:
        if request.param == "map":
            return (await agent.map(["Go"]))[0].result
        if request.param == "run":
            return await agent.run("Go")
        async with agent.stream("Go") as run:
            async for _ in run:
                pass
        return run.result

    return start


async def test_an_answer_as_text_is_asked_for_again(way: Any) -> None:
    with script(Reply.text('{"name": 5}'), Reply.text('{"name": " Ada "}')) as s:
        result = await way(Agent("a", model=MODEL, output=Person))
    assert result.output == Person(name="Ada")
    assert "name: expected a string, got 5" in str(s.requests[1]["messages"][-1]["content"])


async def test_an_answer_by_a_tool_is_asked_for_again(way: Any) -> None:
    answers = (Reply.tool("give_answer", drink="milk"), Reply.tool("give_answer", drink="tea"))
    with script(*answers) as s:
        result = await way(Agent("a", model=MODEL, output=Meal))
    assert result.output.drink == "tea"
    assert "drink: could not be checked (KeyError)" in str(s.requests[1]["messages"][-1]["content"])


async def test_the_input_of_a_sub_agent_is_refused_before_it_runs() -> None:
    child = Agent("child", model=MODEL, input=Person)
    parent = Agent("parent", model=MODEL, tools=[child.as_tool()])
    with script(
        Reply.tool("child", name=5), Reply.tool("child", name="Ada"), Reply.text("hello"), Reply.text("done")
    ) as s:
        result = await parent.run("Go")
    assert "name: expected a string, got 5" in str(result.messages[2]["content"][0]["content"])
    assert "Nothing was executed" in str(result.messages[2]["content"][0]["content"])
    assert len(s.requests) == 4

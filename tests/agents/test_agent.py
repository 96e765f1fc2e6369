"""The agent: a frozen value, refused where it is defined when it cannot work."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from pathlib import Path
from socket import socket

import anyio
import pytest
import sniffio

from agentkit import Agent, DefinitionError, Document, Done, Failed, File, Image, Toolset, UsageError, tool
from agentkit.run.input import Part
from agentkit.testing import Reply, script

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")


@tool(effect="read")
def look() -> str:
    """Look."""
    return ""


def plain() -> str:
    """No tool yet."""
    return ""


def test_it_is_frozen() -> None:
    agent = Agent("a", model="m")
    with pytest.raises(dataclasses.FrozenInstanceError):
        agent.name = "b"  # type: ignore[misc]  # what must not work


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "two words"}, "two words"),
        ({"max_turns": 0}, "a whole number from 1 on"),
        ({"tools": [look, look]}, "two tools are named 'look'"),
        ({"tools": [look, Toolset("s", [look])]}, "two tools are named 'look'"),
        ({"tools": [plain]}, "put @tool on it"),
        ({"tools": [Agent("b", model="m")]}, "as_tool"),
        ({"tools": ["look"]}, "not a tool"),
        ({"tools": [tool(look.function, name="give_answer")]}, "give_answer"),
        ({"output": Callable[[], int]}, "output="),
        ({"input": socket}, "input="),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_defined(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as caught:
        Agent(**{"name": "a", "model": "m", **arguments})  # type: ignore[arg-type]  # wrong on purpose
    assert "Agent" in str(caught.value)


def test_run_sync_is_run_for_scripts() -> None:
    with script(Reply.text("Tea.")):
        assert Agent("a", model="claude-opus-5-5").run_sync("Go").output == "Tea."


@pytest.mark.anyio
async def test_run_sync_inside_a_loop_says_what_to_use() -> None:
    library = sniffio.current_async_library()
    with pytest.raises(UsageError, match=f"running {library} event loop: use `await"):
        Agent("a", model="claude-opus-5-5").run_sync("Go")


@pytest.mark.anyio
async def test_pictures_files_and_documents_travel_as_blocks(tmp_path: Path) -> None:
    (tmp_path / "slip.png").write_bytes(PNG)
    (tmp_path / "slip.pdf").write_bytes(b"%PDF-1.4 tiny")
    parts: list[Part] = [
        "What is on these?",
        Image.open(tmp_path / "slip.png"),
        File.open(tmp_path / "slip.pdf"),
        Document("d1", "Tea.", "On tea"),
        {"type": "text", "text": "An API block."},
    ]
    with script(Reply.text("Tea.")) as s:
        await Agent("a", model="claude-opus-5-5").run(parts)
    blocks = s.requests[0]["messages"][0]["content"]
    assert [block["type"] for block in blocks] == ["text", "image", "document", "document", "text"]
    assert blocks[1]["source"]["media_type"] == "image/png"
    assert blocks[2]["source"]["media_type"] == "application/pdf"
    assert blocks[3]["title"] == "d1: On tea"


@pytest.mark.anyio
async def test_a_run_may_override_what_the_agent_says() -> None:
    agent = Agent("a", model="claude-opus-5-5")
    with script(Reply.text("Tea.")) as s:
        await agent.run("Go", model="claude-haiku-5-5", tools=[look])
    assert s.requests[0]["model"] == "claude-haiku-5-5"
    assert s.requests[0]["tools"][0]["name"] == "look"
    assert agent.model == "claude-opus-5-5"


@pytest.mark.anyio
async def test_one_agent_may_run_many_times_at_once() -> None:
    agent = Agent("a", model="claude-opus-5-5")
    answers: dict[int, str] = {}

    async def one(number: int) -> None:
        answers[number] = (await agent.run(str(number))).output

    with script(lambda request: Reply.text(request["messages"][0]["content"])):
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(one, number)
    assert answers == {number: str(number) for number in range(50)}


@pytest.mark.anyio
async def test_a_blank_prompt_is_the_callers_error_wherever_it_is_given() -> None:
    agent = Agent("a", model="claude-haiku-5-5")
    chat = agent.conversation()
    with script(lambda request: Reply.text("Yes.")) as s:
        blanks: list[str | list[str]] = ["", " \n", [], [""]]
        for blank in blanks:
            for send in (agent.run, chat.send):
                with pytest.raises(UsageError, match="The prompt is blank"):
                    await send(blank)
        with pytest.raises(UsageError, match="The prompt is blank"):
            await agent.as_tool()("")
        async with agent.stream(" ") as run:
            with pytest.raises(UsageError, match="The prompt is blank"):
                await anext(aiter(run))
        failed, done = await agent.map(["", "Hi"], concurrency=1)
        assert isinstance(failed, Failed)
        assert "blank" in failed.reason
        assert isinstance(done, Done)
        assert (await chat.send("Hi")).ok
    assert len(s.requests) == 2

"""Reading in what was too long to be shown: windows of characters, and words with their surroundings."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest

from agentkit import Agent, InvalidArguments, RunContext, Tool, ToolError, Toolset, tool
from agentkit.testing import Reply, script
from agentkit.tools.artifact_tools import ARTIFACT_TOOLS, is_always_small, peek_artifact, read_artifact, search_artifact
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL, ConversationArtifacts
from agentkit.tools.run_context import CallServices

pytestmark = pytest.mark.anyio


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Item:
    name: str


Number = NewType("Number", int)
Name = NewType("Name", str)

SMALL = [
    None, bool, int, float, Colour, Literal["a", "b"], datetime.date, datetime.datetime, datetime.timedelta, Decimal,
    UUID, int | None, Colour | None, Annotated[int, "count"], Number, int | Decimal,
]  # fmt: skip
LARGE = [str, bytes, Item, list[int], dict[str, int], Any, object, str | None, int | str, Annotated[str, ""], Name]


@pytest.mark.parametrize("annotation", SMALL, ids=str)
def test_numbers_dates_and_few_words_are_always_small(annotation: object) -> None:
    assert is_always_small(annotation)


@pytest.mark.parametrize("annotation", LARGE, ids=str)
def test_text_lists_and_models_may_be_large(annotation: object) -> None:
    assert not is_always_small(annotation)


@tool(effect="read")
def count() -> int:
    """Count."""
    return 1


@tool(effect="read")
def say() -> str:
    """Say."""
    return "x"


@tool(name=SEARCH_TOOL, effect="read")
def own_search(words: str) -> str:
    """Search something else."""
    return "mine"


def untyped() -> Callable[..., object]:
    def nothing():  # type: ignore[no-untyped-def]  # that is what this is about
        """Do nothing."""

    return nothing


unsaid = tool(untyped(), name="unsaid", effect="read")
foreign = Tool.from_schema("foreign", "", {"type": "object"}, lambda given: given)
child = Agent("child", model="claude-haiku-5-5").as_tool()


@pytest.mark.parametrize("one", [say, unsaid, foreign, child], ids=["text", "unsaid", "from a schema", "an agent"])
async def test_a_conversation_has_them_from_its_first_request_where_a_result_may_be_large(one: Any) -> None:
    with script(Reply.text("Hi.")) as s:
        await Agent("a", model="claude-opus-5-5", tools=[Toolset("two", [count, one])]).run("Hi")
    assert [param["name"] for param in s.requests[0]["tools"]][2:] == [PEEK_TOOL, SEARCH_TOOL, READ_TOOL]


async def test_a_conversation_has_none_where_all_results_are_small() -> None:
    for tools in ([count], []):
        with script(Reply.text("Hi.")) as s:
            await Agent("a", model="claude-opus-5-5", tools=tools).run("Hi")
        assert [param["name"] for param in s.requests[0].get("tools", [])] == [each.name for each in tools]


async def test_an_agents_own_tool_of_such_a_name_is_meant_and_ours_are_left_out() -> None:
    agent = Agent("a", model="claude-opus-5-5", tools=[own_search, say])
    with script(Reply.tool(SEARCH_TOOL, words="x"), Reply.text("Hi.")) as s:
        await agent.run("Hi")
    assert [param["name"] for param in s.requests[0]["tools"]] == [SEARCH_TOOL, "say"]
    assert s.requests[1]["messages"][-1]["content"][0]["content"] == "mine"


async def test_they_take_no_place_among_the_strict_tools() -> None:
    assert all("strict" not in one.to_param() for one in ARTIFACT_TOOLS)


def kept(text: str | bytes) -> RunContext[object]:
    artifacts = ConversationArtifacts()
    artifacts.slot_for("first").keep(text)
    return RunContext(deps=None, _services=CallServices(artifact_slot=artifacts.slot_for("second")))


async def test_windows_join_to_the_whole_text() -> None:
    text = "".join(f"Zeile {n} äöü 😀\n" for n in range(1_000))
    ctx = kept(text)
    read = ""
    while len(read) < len(text):
        said = str(await peek_artifact.call({"artifact": "artifact-1", "start": len(read), "length": 3_333}, ctx))
        head, _, part = said.partition("\n")
        assert f"characters {len(read)} to {len(read) + len(part)} of {len(text)}" in head
        read += part
        assert (f"with start={len(read)}" in head) is (len(read) < len(text))
    assert read == text
    assert "This is its end." in head


async def test_a_window_behind_the_end_says_where_that_is() -> None:
    with pytest.raises(ToolError, match="has 3 characters"):
        await peek_artifact.call({"artifact": "artifact-1", "start": 3}, kept("abc"))


@pytest.mark.parametrize("wrong", [{"start": -1}, {"length": 0}, {"length": 10**6}])
async def test_a_window_has_sensible_bounds(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidArguments):
        await peek_artifact.call({"artifact": "artifact-1", **wrong}, kept("abc"))


async def test_outside_a_run_nothing_is_kept() -> None:
    with pytest.raises(ToolError, match="Nothing is kept"):
        await peek_artifact.call({"artifact": "artifact-1"}, RunContext(deps=None))


async def search(text: str, words: str, **more: int) -> str:
    return str(await search_artifact.call({"artifact": "artifact-1", "words": words, **more}, kept(text)))


LINES = "".join(f"line {n}: {'Error' if n % 100 == 50 else 'fine'}\n" for n in range(1_000))


async def test_hits_are_counted_and_shown_with_their_lines_and_places() -> None:
    said = await search(LINES, "error", lines_around=1, most=2)
    assert said.startswith("[artifact-1: found 10 times from character 0 on, 2 shown. The next ones follow with start=")
    at = LINES.index("Error")
    assert f"\n\ncharacter {at}:\nline 49: fine\nline 50: Error\nline 51: fine" in said
    assert "line 150: Error" in said
    assert "line 250" not in said


async def test_the_next_hits_follow_where_the_last_ones_ended() -> None:
    first = await search(LINES, "ERROR", most=9)
    start = int(first.partition("start=")[2].partition(".")[0])
    said = await search(LINES, "ERROR", most=9, start=start)
    assert f"found 1 times from character {start} on, 1 shown.]" in said
    assert "line 950: Error" in said


async def test_hits_next_to_one_another_are_shown_once() -> None:
    said = await search("a\nx 1\nx 2\nx 3\nb\n", "x", lines_around=2)
    assert said == "[artifact-1: found 3 times from character 0 on, 3 shown.]\n\ncharacter 2:\na\nx 1\nx 2\nx 3"


async def test_in_one_endless_line_only_what_is_near_is_shown() -> None:
    said = await search("y" * 100_000 + " needle " + "z" * 100_000, "needle")
    assert "character 100001:" in said
    assert len(said) < 1_000


async def test_words_are_found_over_line_breaks_and_in_any_case() -> None:
    assert "found 1 times" in await search("a  Green\n  TEA b", "green tea")
    assert "found 1 times" in await search("STRASSE (x)", "strasse (X)")


async def test_nothing_found_says_which_words_there_are_by_themselves() -> None:
    said = await search("green tea", "tea kettle green")
    assert said.endswith(
        "nothing found from character 0 on, in 9 characters. By themselves there are: `tea`, `green`.]"
    )
    assert "By themselves" not in await search("green tea", "kettle")


async def test_a_search_that_finds_everything_is_bounded() -> None:
    said = await search("e" * 50_000, "e", most=50, lines_around=20)
    assert "found 10000 or more times" in said
    assert len(said) < 60_000


async def test_bytes_cannot_be_searched() -> None:
    with pytest.raises(ToolError, match="cannot be read as text"):
        await search_artifact.call({"artifact": "artifact-1", "words": "x"}, kept(b"\xff\xfe"))


async def test_what_is_short_is_read_whole() -> None:
    assert await read_artifact.call({"artifact": "artifact-1"}, kept("Tea\n")) == "Tea\n"
    assert await read_artifact.call({"artifact": "artifact-1"}, kept("")) == "(empty)"
    assert await read_artifact.call({"artifact": "artifact-1", "part": "/1"}, kept("[1, 2]")) == "2"


@pytest.mark.parametrize(("text", "more"), [("x" * 60_000, {}), ("tea", {"part": "/a"}), ("[1," * 9_000_000, {})])
async def test_what_is_long_and_no_json_is_left_to_the_other_tools(text: str, more: dict[str, str]) -> None:
    with pytest.raises(ToolError, match="no parts of it can be read by a path") as caught:
        await read_artifact.call({"artifact": "artifact-1", **more}, kept(text))
    assert caught.value.hint is not None
    assert "`search_artifact`" in caught.value.hint


async def test_long_json_is_outlined_at_any_depth() -> None:
    ctx = kept(json.dumps({"all": {"rows": ["x" * 100] * 1_000, "count": 1_000}}))
    said = await read_artifact.call({"artifact": "artifact-1", "part": "/all"}, ctx)
    assert said == "[artifact-1/all is long. In outline:]\n/rows: a list of 1,000\n/count: 1000"


async def test_bytes_cannot_be_read() -> None:
    with pytest.raises(ToolError, match="cannot be read as text"):
        await read_artifact.call({"artifact": "artifact-1"}, kept(b"\xff\xfe"))

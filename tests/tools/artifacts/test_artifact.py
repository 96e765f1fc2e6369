"""What is kept of long results: handles by the order of calls, one store for a tree, bounded."""

from __future__ import annotations

import random

import anyio
import pytest

from agentkit import Agent, RunContext, ToolError, tool
from agentkit.testing import Reply, script
from agentkit.tools.artifacts.artifact import ConversationArtifacts, describe_bytes, find_handles
from agentkit.tools.artifacts.store import ArtifactStore
from tests.shop import results

pytestmark = pytest.mark.anyio

LONG = "".join(f"line {n}\n" for n in range(40_000))


@tool(effect="read")
async def read_log(name: str) -> str:
    """Read a log; the calls of a turn end in any order."""
    await anyio.sleep(random.random() / 50)
    return f"{name}\n{LONG}"


@tool(effect="read")
def short(name: str) -> str:
    """Say a name."""
    return name


@tool(effect="read")
def blob() -> bytes:
    """Bytes of a picture."""
    return b"\x89PNG\r\n\x1a\n\xff\xff"


clerk = Agent("clerk", model="claude-opus-5-5", tools=[read_log, short, blob])


def handles_of(content: object) -> list[str]:
    return find_handles(str(content))


async def test_a_long_result_names_its_handle_between_head_and_tail() -> None:
    with script(Reply.tool("read_log", name="a"), Reply.text("Long.")) as s:
        await clerk.run("Read")
    [block] = results(s.requests[1])
    assert block["content"].startswith("a\nline 0\n")
    assert block["content"].endswith("line 39999\n")
    assert "kept as artifact-1" in block["content"]
    assert "peek_artifact" in block["content"]
    assert "search_artifact" in block["content"]


async def test_handles_count_calls_in_the_models_order_whatever_ends_first() -> None:
    calls = Reply.tool("read_log", name="a") + Reply.tool("short", name="b") + Reply.tool("read_log", name="c")
    seen: set[tuple[str, ...]] = set()
    for _ in range(5):
        with script(calls, Reply.tool("read_log", name="d"), Reply.text("Long.")) as s:
            await clerk.run("Read")
        both = [*results(s.requests[1]), *results(s.requests[2])]
        seen.add(tuple(handle for block in both for handle in handles_of(block)))
    assert seen == {("artifact-1", "artifact-3", "artifact-4")}


async def test_a_handle_holds_over_the_messages_of_a_conversation() -> None:
    chat = clerk.conversation()
    look = Reply.tool("peek_artifact", artifact="artifact-1", start=0, length=8)
    with script(Reply.tool("read_log", name="a"), Reply.text("Long."), look, Reply.text("a")) as s:
        await chat.send("Read")
        await chat.send("How does it begin?")
    assert results(s.requests[3])[0]["content"].endswith("]\na\nline 0")


async def test_a_sub_agent_reads_what_its_parent_names_and_the_other_way_round() -> None:
    lead = Agent("lead", model="claude-opus-5-5", tools=[read_log, clerk.as_tool()])
    with script(
        Reply.tool("read_log", name="mine"),
        Reply.tool("clerk", objective="Look into artifact-1, and read the other log."),
        Reply.tool("peek_artifact", artifact="artifact-1", length=4),
        Reply.tool("read_log", name="theirs"),
        Reply.text("The other one is artifact-2-2."),
        Reply.tool("peek_artifact", artifact="artifact-2-2", length=6),
        Reply.text("Done."),
    ) as s:
        await lead.run("Compare")
    peeked = [results(s.requests[i])[0]["content"].rpartition("\n")[2] for i in (3, 6)]
    assert peeked == ["mine", "theirs"]
    assert "kept as artifact-2-2:" in results(s.requests[4])[0]["content"]


async def test_bytes_that_are_no_text_get_a_handle_with_kind_and_size() -> None:
    look = Reply.tool("peek_artifact", artifact="artifact-1")
    with script(Reply.tool("blob"), look, Reply.text("A picture.")) as s:
        await clerk.run("Look")
    assert results(s.requests[1])[0]["content"] == "[10 bytes that are not UTF-8 text (image/png), kept as artifact-1]"
    peeked = results(s.requests[2])[0]
    assert peeked["is_error"]
    assert "cannot be read as text: 10 bytes" in peeked["content"]


async def test_without_artifacts_a_long_result_is_clipped_and_the_rest_is_lost() -> None:
    plain = Agent("plain", model="claude-opus-5-5", tools=[read_log], artifacts=False)
    with script(Reply.tool("read_log", name="a"), Reply.text("Long.")) as s:
        await plain.run("Read")
    assert [param["name"] for param in s.requests[0]["tools"]] == ["read_log"]
    assert handles_of(results(s.requests[1])) == []
    assert "narrow the call" in results(s.requests[1])[0]["content"]


async def test_a_tool_that_a_test_calls_by_hand_clips_as_without() -> None:
    for ctx in (None, RunContext(deps=None)):
        content = await read_log.call({"name": "a"}, ctx)
        assert "narrow the call" in str(content)


def test_several_lots_of_bytes_in_one_result_are_counted() -> None:
    shelf = ConversationArtifacts().slot_for("call")
    assert [shelf.keep(b"\xff"), shelf.keep(b"\xfe")] == ["artifact-1", "artifact-1.2"]
    assert shelf.store.find("artifact-1.2").read_whole() == b"\xfe"


def test_what_is_larger_than_all_the_room_gets_no_handle() -> None:
    assert ConversationArtifacts(ArtifactStore(max_bytes=1_000)).slot_for("call").keep("c" * 2_000) is None


def test_a_conversation_from_before_counts_on_and_knows_what_is_gone() -> None:
    artifacts = ConversationArtifacts()
    artifacts.continue_numbering("... kept as artifact-3: ... and artifact-12-2.2.")
    assert artifacts.slot_for("call").handle == "artifact-13"
    with pytest.raises(ToolError, match="no longer kept"):
        artifacts.store.find("artifact-12-2.2")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\xff", "9 bytes that are not UTF-8 text (application/pdf)"),
        (b"\xff" * 2_000, "2,000 bytes that are not UTF-8 text"),
    ],
)
def test_bytes_are_described_by_size_and_by_kind_where_that_is_known(data: bytes, said: str) -> None:
    assert describe_bytes(data) == said


async def test_long_results_are_in_the_result_too_with_how_they_begin() -> None:
    with script(Reply.tool("read_log", name="a"), Reply.text("Long.")):
        result = await clerk.run("Read")
    log = result.artifacts["artifact-1"]
    assert log.summary.startswith("a line 0 line 1 ")
    assert log.read() == f"a\n{LONG}"

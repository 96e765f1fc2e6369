"""Artifacts that a tool returns: told of by handle, read in by tools and agents, saved from the result."""

from __future__ import annotations

import gc
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, tool
from agentkit.testing import Reply, script
from agentkit.tools.artifacts.artifact import Artifact
from tests.shop import results

pytestmark = pytest.mark.anyio


@dataclass
class Sale:
    region: str
    eur: float


@tool(effect="read")
def report(kind: str) -> Artifact:
    """Report the sales.

    Args:
        kind: Its kind.
    """
    sales = [Sale("north", n / 4) for n in range(2_000)]
    match kind:
        case "typed":
            return Artifact({"sales": sales, "key": "sk-ant-api03-" + "k3Y" * 12}, "Sales of\nMay.", "sales.json")
        case "text":
            return Artifact("region,eur\nnorth,4\n", "Sales of May.", "sales.csv", "text/csv")
        case "utf-8":
            return Artifact(b"region,eur\nnorth,4\n")
        case "picture":
            return Artifact(b"\x89PNG\r\n\x1a\n\xff", name="sales.png")
        case "object":
            return Artifact(object())
        case _:
            return Artifact("x" * int(kind))


@tool(effect="read")
def two_reports() -> list[object]:
    """Report twice."""
    return ["Here they are.", Artifact("one", "The first."), Artifact("two", "The second.")]


seller = Agent("seller", model="claude-opus-5-5", tools=[report, two_reports])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("typed", "Kept as artifact-1: sales.json, application/json, 62,590 characters. Sales of May. `read_"),
        ("text", "[Kept as artifact-1: sales.csv, text/csv, 19 characters. Sales of May. `read_artifact`, "),
        ("utf-8", "[Kept as artifact-1: text/plain, 19 characters. `read_artifact`"),
        ("picture", "[Kept as artifact-1: sales.png, image/png, 9 bytes.]"),
    ],
)
async def test_an_artifact_is_told_of_by_handle_type_size_and_summary(kind: str, said: str) -> None:
    with script(Reply.tool("report", kind=kind), Reply.text("There it is.")) as s:
        result = await seller.run("Report")
    [block] = results(s.requests[1])
    assert said in block["content"]
    assert len(block["content"]) < 250
    assert list(result.artifacts) == ["artifact-1"]


async def test_the_result_has_what_was_kept_and_saves_it(tmp_path: Path) -> None:
    with script(Reply.tool("report", kind="typed") + Reply.tool("two_reports"), Reply.text("Done.")) as s:
        result = await seller.run("Report")
    assert list(result.artifacts) == ["artifact-1", "artifact-2", "artifact-2.2"]
    sales = result.artifacts["artifact-1"]
    assert (sales.name, sales.media_type, sales.summary) == ("sales.json", "application/json", "Sales of May.")
    saved = json.loads(sales.save(tmp_path / sales.name).read_text(encoding="utf-8"))
    assert saved["sales"][3] == {"region": "north", "eur": 0.75}
    assert saved["key"] == "[redacted]"
    assert sales.length == len(str(sales.read()))
    assert [part["text"].partition(":")[0] for part in results(s.requests[1])[1]["content"]] == [
        "Here they are.", "[Kept as artifact-2", "[Kept as artifact-2.2",
    ]  # fmt: skip


async def test_the_model_reads_a_part_of_what_is_typed_by_its_path() -> None:
    with script(
        Reply.tool("report", kind="typed"),
        Reply.tool("read_artifact", artifact="artifact-1", part="/sales/7")
        + Reply.tool("read_artifact", artifact="artifact-1"),
        Reply.text("1.75 EUR."),
    ) as s:
        await seller.run("Report")
    part, whole = results(s.requests[2])
    assert part["content"] == '{"region":"north","eur":1.75}'
    assert whole["content"] == '[artifact-1 is long. In outline:]\n/sales: a list of 2,000\n/key: "[redacted]"'


async def test_a_child_without_tools_reads_what_its_brief_names() -> None:
    reader = Agent("reader", model="claude-haiku-5-5")
    lead = Agent("lead", model="claude-opus-5-5", tools=[report, reader.as_tool()])
    with script(
        Reply.tool("report", kind="text"),
        Reply.tool("reader", objective="What does artifact-1 say of the north?"),
        Reply.tool("search_artifact", artifact="artifact-1", words="north"),
        Reply.text("4 EUR."),
        Reply.tool("reader", objective="What is tea?"),
        Reply.text("A drink."),
        Reply.text("4 EUR, and a drink."),
    ) as s:
        await lead.run("Ask")
    assert "character 11:\nregion,eur\nnorth,4" in results(s.requests[3])[0]["content"]
    assert [len(s.requests[i].get("tools", [])) for i in (2, 5)] == [3, 0]


async def test_a_parent_reads_what_its_child_kept_and_each_result_has_its_own() -> None:
    lead = Agent("lead", model="claude-opus-5-5", tools=[seller.as_tool()])
    with script(
        Reply.tool("seller", objective="Report."),
        Reply.tool("report", kind="text"),
        Reply.text("It is artifact-1-1."),
        Reply.tool("read_artifact", artifact="artifact-1-1"),
        Reply.text("Done."),
    ) as s:
        result = await lead.run("Ask")
    assert results(s.requests[4])[0]["content"] == "region,eur\nnorth,4\n"
    assert list(result.artifacts) == list(result.children[0].artifacts) == ["artifact-1-1"]


async def test_without_artifacts_an_artifact_is_a_result_like_any_other() -> None:
    plain = Agent("plain", model="claude-opus-5-5", tools=[report, two_reports], artifacts=False)
    with script(Reply.tool("report", kind="text") + Reply.tool("two_reports"), Reply.text("Done.")) as s:
        result = await plain.run("Report")
    text, blocks = results(s.requests[1])
    assert text["content"] == "region,eur\nnorth,4\n"
    assert [block["text"] for block in blocks["content"]] == ["Here they are.", "one", "two"]
    assert result.artifacts == {}


async def test_an_artifact_that_cannot_be_written_is_a_failure_of_its_call() -> None:
    with script(Reply.tool("report", kind="object"), Reply.text("No report.")) as s:
        await seller.run("Report")
    assert results(s.requests[1])[0]["is_error"]


def sizes_in(folder: Path) -> list[int]:
    return [file.stat().st_size for file in folder.iterdir()]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_hundred_megabytes_never_enter_a_message_and_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    size = 100_000_000
    with script(
        Reply.tool("report", kind=str(size)),
        Reply.tool("peek_artifact", artifact="artifact-1", start=size - 3, length=10),
        Reply.tool("search_artifact", artifact="artifact-1", words="tea"),
        Reply.text("No tea."),
    ) as s:
        took = time.monotonic()
        result = await seller.run("Report")
        took = time.monotonic() - took
    assert results(s.requests[2])[0]["content"].endswith("This is its end.]\nxxx")
    assert "nothing found" in results(s.requests[3])[0]["content"]
    assert sum(len(body) for body in s.bodies) < 20_000
    assert took < 20
    assert sizes_in(tmp_path) == [size]
    del result
    with anyio.fail_after(10):
        while sizes_in(tmp_path):  # a thread that has said what it found may take a moment to end
            gc.collect()
            await anyio.sleep(0.01)

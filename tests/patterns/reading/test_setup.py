"""Documents come from anywhere, the plan and its budget are known first, and nothing is read twice."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from agentkit import Budget, BudgetExceeded, Document, File
from agentkit.messages.message import JSONObject
from agentkit.patterns import Evidence, Findings, plan_reading, read_many
from agentkit.patterns.reading.evidence import default_writer
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, script, served
from tests.agentkit_tools.pdf_by_hand import pdf
from tests.patterns.reading.scripted_readers import CARDS, FEES, OTHER, is_reader, scripted, text_of_request

pytestmark = pytest.mark.anyio


async def test_documents_come_from_any_iterable_and_from_paths(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "fees.md").write_text(FEES.text)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0")
    (tmp_path / "empty.txt").write_text("")

    async def later() -> AsyncIterator[Document | Path | str]:
        yield CARDS
        yield tmp_path
        yield tmp_path / "missing.txt"
        yield "The fee is 12 EUR. " * 100

    with script(scripted()) as played:
        result = await read_many(later(), "What is the fee?")
        assert {gap.document.removeprefix(f"{tmp_path.as_posix()}/") for gap in result.gaps} == {
            "picture.png", "empty.txt", "missing.txt", ("The fee is 12 EUR. " * 100)[:200],
        }  # fmt: skip
        assert result.plan.documents == 2
        again = await read_many([*(tmp_path / "inner").glob("*.md"), tmp_path / "inner"], "What is the fee?")
    assert (again.gaps, again.plan.documents) == ((), 1)
    assert "inner/fees.md" in text_of_request(played.requests[0])


async def test_whatever_lies_in_a_folder_is_read_or_named(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / os.fsdecode(b"\xff.md")).write_text(FEES.text)
    os.mkfifo(inside / "pipe.txt")
    (inside / "gone.txt").symlink_to(tmp_path / "gone.txt")
    (inside / "elsewhere").symlink_to(outside)
    (outside / "secret.txt").write_text("A secret.")
    (inside / "linked.txt").symlink_to(outside / "secret.txt")
    (inside / "same").symlink_to(inside)
    found = Evidence("fee", "fee is 12 EUR", "\ufffd.md")
    with script(scripted(found)):
        result = await read_many([inside, "", " ", inside / "pipe.txt", "a\ud800b"], "What is the fee?")
    assert [one.document.encode(errors="surrogateescape") for one in result.citations] == [b"\xff.md"]
    assert (result.answer, result.misplaced) == ("The fee is 12 EUR a month [1].", 0)
    assert sorted((Path(gap.document).name, gap.reason) for gap in result.gaps) == [
        ("' '", "an empty path"),
        ("''", "an empty path"),
        ("a\ud800b", "there is no such file (a text is given as a Document)"),
        ("elsewhere", "a link that leads out of the folder"),
        ("gone.txt", "a link to a file that does not exist"),
        ("linked.txt", "a link that leads out of the folder"),
        ("pipe.txt", "not a regular file"),
    ]


async def test_files_in_memory_are_documents_too() -> None:
    pdf_file = pdf("The fee is 12 EUR.")
    files = [File(pdf_file, "application/pdf", "fees.pdf"), File(b"Cards are free.", "text/plain")]
    found = (
        Evidence("fee", "fee is 12 EUR", "fees.pdf"),
        Evidence("nothing", "", "file"),
        Evidence("free", "free", "file"),
    )
    with script(scripted(*found)):
        result = await read_many(files, "What is the fee?")
    assert [(one.document, one.place) for one in result.citations] == [("fees.pdf", "page 1"), ("file", "")]
    assert (result.dropped, result.gaps) == (0, ())


async def test_pages_that_are_only_pictures_are_read_as_files(tmp_path: Path) -> None:
    mixed, scan = pdf("The fee is below.", b"\x00" * 64, b"\x80" * 64), pdf(b"\xff" * 64)
    (tmp_path / "mixed.pdf").write_bytes(mixed)

    def reply(request: JSONObject) -> Reply:
        if not is_reader(request):
            return Reply.text("The fee is 12 EUR [1].")
        (block,) = request["messages"][0]["content"]
        if block["source"]["type"] == "text":
            return Reply.output(Findings([Evidence("It is below.", "The fee is below", "mixed.pdf", 0.1)]))
        page = base64.b64decode(block["source"]["data"])
        assert len(PdfReader(BytesIO(page)).pages) == 1
        assert [bytes([grey]) * 64 in page for grey in (0, 128, 255)].count(True) == 1
        if bytes([128]) * 64 in page:
            return Reply.refusal("It is grey.")
        return Reply.output(Findings([Evidence(f"12 EUR: {block['title']}", "Fee: 12 EUR", "x")]))

    sources: list[Path | File] = [tmp_path / "mixed.pdf", File(scan, "application/pdf", "scan.pdf")]
    with script(reply) as played:
        result = await read_many(sources, "What is the fee?", kept=tmp_path / "kept.db")
        again = await read_many(sources, "What is the fee?", kept=tmp_path / "kept.db")
    mixed_name = (tmp_path / "mixed.pdf").as_posix()
    assert {(one.document, one.place, one.claim.partition(":")[0]) for one in result.citations} == {
        (mixed_name, "page 1", "It is below."), (mixed_name, "page 2", "12 EUR"), ("scan.pdf", "page 1", "12 EUR"),
    }  # fmt: skip
    assert {one.quote for one in result.citations} >= {"[Page 2]\n\n[no text on this page, only pictures]"}
    assert (result.plan.documents, result.plan.calls, result.actual.documents, result.dropped) == (2, 5, 1, 0)
    assert result.plan.input_tokens > 3 * 3_000
    assert [(gap.document, "grey" in gap.reason) for gap in result.gaps] == [(f"{mixed_name}, page 3", True)]
    assert {*again.citations} == {*result.citations}
    assert (again.plan.known, again.plan.calls, len(played.requests)) == (1, 2, 5 + 2)


async def test_two_documents_of_one_id_stay_apart() -> None:
    found = Evidence("nine", "opens at nine", "fees+")
    with script(scripted(found)):
        result = await read_many([FEES, Document("fees", OTHER.text)], "When?")
    assert [(one.document, one.quote) for one in result.citations] == [("fees+", "opens at nine")]


async def test_kept_evidence_is_read_once(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    found = (Evidence("fee", "fee is 12 EUR", "fees"), Evidence("free", "Cards are free", "cards"))
    with script(scripted(*found)) as played:
        first = await read_many([FEES, CARDS], "What is the fee?", kept=kept, pack_tokens=20)
        before = len(played.requests)
        grown = await read_many([OTHER, FEES, CARDS], "What is the fee?", kept=kept)
        asked = await read_many([FEES], "What else?", kept=kept)
    assert [len(first.citations), len(grown.citations)] == [2, 2]
    assert (grown.plan.known, grown.plan.calls, asked.plan.known) == (2, 2, 0)
    (read, _) = played.requests[before : before + 2]
    assert ("nine" in text_of_request(read), "Cards" in text_of_request(read)) == (True, False)


KILLED_READING = """
import sys
import anyio
from agentkit import Budget, Document
from agentkit.patterns import read_many

async def main():
    documents = [Document(f"d{n}", f"This is what d{n} says so." * 5) for n in range(6)]
    result = await read_many(
        documents, "Who says so?", pack_tokens=50, concurrency=1, budget=Budget(max_cost_usd=1),
        **{sys.argv[1]: sys.argv[2]},
    )
    print(result.answer, result.usage.requests, result.cost.usd > 0.005)

anyio.run(main)
"""


@pytest.mark.parametrize(("option", "said"), [("journal", "6 quotes [1]. 7 True"), ("kept", "6 quotes [1]. 3 False")])
def test_a_reading_that_was_killed_reads_nothing_twice(tmp_path: Path, option: str, said: str) -> None:
    """But for the request in flight: it is asked again, and the journal counts what it could have cost."""
    read: list[str] = []
    running: list[subprocess.Popen[str]] = []

    def reply(request: JSONObject) -> Reply:
        asked = json.dumps(request["messages"])
        is_writer = request["model"] == "claude-opus-5-5"
        read.append("writer" if is_writer else next(f"d{n}" for n in range(6) if f"d{n} says" in asked))
        if len(read) == 5:
            running[0].kill()
        if is_writer:
            return Reply.text(f"{asked.count('<quote>')} quotes [1].")
        return Reply.output({"evidence": [{"claim": read[-1], "quote": f"{read[-1]} says so", "document": read[-1]}]})

    with served(Simulator(Script(reply))) as url:
        there = {**os.environ, "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url}
        for _ in range(2):
            program = [sys.executable, "-c", KILLED_READING, option, str(tmp_path / "kept.db")]
            running.append(subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=there))
            out = running[-1].communicate(timeout=50)[0]
    assert [one.returncode for one in running] == [-signal.SIGKILL, 0]
    assert " ".join(read) == "d0 d1 d2 d3 d4 d4 d5 writer"
    assert out == f"{said}\n"


async def test_the_plan_is_trimmed_to_the_budget_or_turned_down() -> None:
    documents = [Document(f"d{number}", f"Text {number}. " * 500) for number in range(20)]
    documents[7] = Document("d7", "The fee of the bank. " * 300)
    whole = await plan_reading(documents, "What is the fee of the bank?", pack_tokens=3_000)
    assert whole.max_cost_usd is not None
    budget = Budget(max_cost_usd=whole.max_cost_usd * 0.97)
    trimmed = await plan_reading(documents, "What is the fee of the bank?", pack_tokens=3_000, budget=budget)
    assert 0 < len(trimmed.left_out) < 20
    assert "d7" not in trimmed.left_out
    assert trimmed.max_cost_usd is not None
    assert trimmed.max_cost_usd <= whole.max_cost_usd
    with pytest.raises(BudgetExceeded, match="one document"):
        await plan_reading(documents, "What is the fee?", budget=Budget(max_cost_usd=0.0001))
    with script(scripted()):
        result = await read_many(documents, "What is the fee of the bank?", pack_tokens=3_000, budget=budget)
    assert {gap.document for gap in result.gaps} == {*trimmed.left_out}
    assert "left out" in result.gaps[0].reason


async def test_every_limit_of_a_budget_leaves_room_for_the_answer() -> None:
    documents = [Document(f"d{number}", f"Text {number}. " * 50) for number in range(6)]
    for budget in (Budget(max_requests=3), Budget(max_input_tokens=6_000), Budget(max_output_tokens=5_000)):
        with script(scripted()):
            result = await read_many(documents, "What is the fee?", pack_tokens=300, budget=budget)
        assert result.answer is not None
        assert 0 < len(result.gaps) == len(result.plan.left_out) < 6
    with pytest.raises(BudgetExceeded, match="may take 2 requests"):
        await plan_reading(documents, "What?", budget=Budget(max_requests=1))


async def test_another_writer_is_not_answered_from_the_journal(tmp_path: Path) -> None:
    other = replace(default_writer, instructions="Answer in one word.")
    with script(scripted()) as played:
        for writer in (default_writer, default_writer, other):
            await read_many([FEES], "What is the fee?", journal=tmp_path / "runs.db", writer=writer)
    assert [is_reader(request) for request in played.requests] == [True, False, False]
    assert "in one word" in str(played.requests[2]["system"])


async def test_a_pre_filter_keeps_the_documents_that_share_most() -> None:
    plan = await plan_reading([FEES, CARDS, OTHER], "Which cards are free?", most_documents=1)
    assert (plan.documents, plan.left_out) == (1, ("fees", "other"))
    assert "1 document, 2 left out, 2 calls" in str(plan)


async def test_without_documents_nothing_is_sent(tmp_path: Path) -> None:
    with script() as played:
        result = await read_many([tmp_path / "none.txt"], "What?")
    assert (played.requests, result.answer, result.ok, result.plan.calls) == ([], None, False, 0)
    assert str(result).startswith("There is no document")

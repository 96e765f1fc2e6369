"""`agentkit read`: an answer with its sources, the plan first, and nothing read twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.cli.main import main


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "fees.md").write_text("# Fees\n\nThe yearly fee of the card is 12 EUR.\n", encoding="utf-8")
    (folder / "bread.txt").write_text("Let the dough rest for two hours.", encoding="utf-8")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    return folder


def test_an_answer_comes_with_its_sources(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(docs), "What is the yearly fee of the card?", "--offline"]) == 0
    out, err = capsys.readouterr()
    assert "The yearly fee of the card is 12 EUR. [1]" in out
    assert "[1] fees.md, Fees, characters 8-45" in out
    assert "not read: empty.txt: empty" in err
    assert "plan: 2 documents, 2 calls" in err
    assert "1 quote checked against the source, 0 dropped" in err


def test_the_plan_is_said_without_a_key(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(docs), "What is the fee?", "--plan"]) == 0
    assert capsys.readouterr().out.startswith("2 documents, 2 calls, ")
    assert main(["read", str(docs), "What is the fee?", "--plan", "--most", "1", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["documents"], plan["left_out"]) == (1, ["bread.txt"])


def test_kept_evidence_is_known_the_next_time(docs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["read", str(docs), "What is the fee?", "--offline", "--json", "--kept", str(tmp_path / "kept.db")]
    assert main(command) == main(command) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["plan"]["known"], second["plan"]["known"], second["actual"]["calls"]) == (0, 2, 1)
    assert first["citations"] == second["citations"]


def test_a_recorded_reading_in_a_batch_is_paid_once(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = ["--journal", str(docs.parent / "runs.db"), "--run-id", "fees", "--json"]
    command = ["read", str(docs), "What is the fee?", "--offline", "--batch", *journal]
    assert main(command) == main(command) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["citations"] == second["citations"] != []
    assert first["plan"]["min_cost_usd"] < 0.012
    assert main([*command, "--reader", "claude-opus-5-5"]) == 2
    assert "another reading under this id" in capsys.readouterr().err


@pytest.mark.usefixtures("no_credentials")
def test_what_cannot_work_ends_in_a_sentence(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(docs / "none"), "What?", "--offline"]) == 2
    assert main(["read", str(docs), "What?", "--offline", "--base-url", "http://127.0.0.1:1"]) == 2
    assert main(["read", str(docs), "What?", "--offline", "--max-cost", "0.00001"]) == 4
    assert main(["read", str(docs), "What?", "--run-id", "x"]) == 2
    assert main(["read", str(docs), "What?"]) == 3
    err = capsys.readouterr().err
    assert "There is no file or folder" in err
    assert "may cost $" in err
    assert "try it with --offline" in err

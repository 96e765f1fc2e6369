"""`agentkit profile`: a mailbox becomes a file in which each statement has its messages; the price is said before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from agentkit.cli.main import main
from benchmarks.planted_mail import GOAL, plant_facts, planted_mailbox


class Short(BaseModel):
    people: list[str]


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "box").write_bytes(planted_mailbox(plant_facts(6), 4))
    return tmp_path / "box"


def test_a_profile_is_written_with_a_line_for_each_stage(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(box), "--goal", GOAL, "--out", "anna.md", "--offline", "--journal", "runs.db"]) == 0
    first = capsys.readouterr()
    assert first.out == ""
    for line in ("index: 30 messages, 30 new", "plan: ", "search: 30 messages in", "filter: ", "written: anna.md"):
        assert line in first.err
    text = Path("anna.md").read_text(encoding="utf-8")
    assert text.startswith("## Summary\n\n- ")
    given = ["--goal", GOAL, "--offline", "--outline", f"{__name__}:Short", "--query", "person:anna", "--json"]
    assert main(["profile", str(box), *given, "--out", "anna.json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads(Path("anna.json").read_text(encoding="utf-8"))
    assert [*result["profile"]] == ["people"]
    assert all(one["messages"] and one["section"] == "people" for one in result["statements"])
    assert [stage["name"] for stage in result["stages"]][:2] == ["queries", "search"]


def test_the_price_is_said_before(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(box), "--goal", GOAL, "--plan"]) == 0
    assert capsys.readouterr().out.startswith("10 documents, ")
    assert main(["profile", str(box), "--goal", GOAL, "--sample", "4", "--offline"]) == 0
    assert ", by a sample of " in capsys.readouterr().out


def test_wrong_calls_end_in_a_sentence(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for args, code, said in (
        ([str(box)], 2, "Give --out FILE"),
        (["nowhere", "--out", "x.md"], 2, "There is no file or folder 'nowhere'"),
        ([str(box), "--out", "x.md", "--offline", "--budget-usd", "0.0001"], 4, "reading one thread and writing"),
        ([str(box), "--out", "x.md", "--offline", "--query", "zebra"], 1, "No query finds a message."),
    ):
        assert main(["profile", *args]) == code, args
        assert said in capsys.readouterr().err

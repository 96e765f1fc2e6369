"""`agentkit profile`: a mailbox becomes a file in which each statement has its messages; the price is said before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from agentkit import Journal
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
    runs = sorted(info.run_id for info in Journal("runs.db").runs())
    call, _, _ = runs[0].partition("/")
    for run_id, said in ((call, f"is the call of {len(runs)} runs, and no run"), (runs[0], "is one of the runs of")):
        assert main(["runs", "resume", run_id]) == 2
        err = capsys.readouterr().err
        assert said in err
        assert "make the call again, `agentkit profile`, with this journal" in err
    assert main(["runs", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{call}  funnel  {len(runs)} runs  ")
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


def test_what_is_kept_is_known_to_plan_and_budget(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["profile", str(box), "--goal", GOAL, "--offline", "--kept", "kept.db"]
    assert main([*command, "--out", "anna.md"]) == 0
    assert " of it now" not in capsys.readouterr().err
    assert main([*command, "--plan"]) == 0
    assert re.match(r"(\d+) documents \(\1 of them known\), ", capsys.readouterr().out)
    assert main([*command, "--out", "anna.md", "--budget-usd", "1"]) == 0
    assert ", $0.0000 of it now" in capsys.readouterr().err


def test_each_mailbox_has_an_index_of_its_own(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = box.parent / "other" / "box"
    other.parent.mkdir()
    other.write_bytes(planted_mailbox(plant_facts(1), 0))
    for mailbox, threads in ((box, "10 documents, "), (other, "1 document, "), (box, "10 documents, ")):
        assert main(["profile", str(mailbox), "--plan"]) == 0
        out, err = capsys.readouterr()
        assert out.startswith(threads)
        assert "searched, too" not in err
    for mailbox in (box, other):
        assert main(["profile", str(mailbox), "--plan", "--index", "both.db"]) == 0
    assert f" messages in it are not of {other}, and searched, too" in capsys.readouterr().err


def test_a_part_of_the_mail_is_named_once_and_has_an_exit_code(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box.write_bytes(planted_mailbox(plant_facts(20), 100))
    command = ["profile", str(box), "--goal", GOAL, "--out", "part.md", "--offline", "--query", "*"]
    assert main([*command, "--budget-usd", "2"]) == 0
    assert "not read" not in capsys.readouterr().err
    assert main([*command, "--budget-usd", "0.3"]) == 4
    err = capsys.readouterr().err
    assert err.count("plan: ") == 1
    assert "written: part.md" in err
    assert (err.count("not read: "), err.count("left out: ")) == (1, 1)
    (line,) = (one for one in Path("part.md").read_text(encoding="utf-8").splitlines() if one.startswith("Not read"))
    assert re.search(r" and \d+ more \(left out: ", line)
    assert line.count("thread ") == 10


def test_a_finished_profile_that_cannot_be_written_is_printed(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("anna.md").symlink_to("gone/anna.md")
    assert main(["profile", str(box), "--goal", GOAL, "--out", "anna.md", "--offline"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("## Summary")
    assert "The profile is on stdout, for [Errno 2]" in err


def test_wrong_calls_end_in_a_sentence(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for args, code, said in (
        ([str(box)], 2, "Give --out FILE"),
        (["nowhere", "--out", "x.md"], 2, "There is no file or folder 'nowhere'"),
        ([str(box), "--out", "nodir/x.md", "--offline"], 2, "there is no folder 'nodir'"),
        ([str(box), "--out", ".", "--offline"], 2, "--out '.' is a folder"),
        ([str(box), "--out", "x.md", "--offline", "--budget-usd", "0.0001"], 4, "--budget-usd 0.0001: reading one"),
        ([str(box), "--out", "x.md", "--offline", "--query", "from:("], 2, "at character 7 of the query"),
        ([str(box), "--out", "x.md", "--offline", "--query", "zebra"], 1, "query: zebra: 0 messages"),
        ([str(box), "--out", "x.md", "--offline"], 1, "No query finds a message. Say more in --goal"),
    ):
        assert main(["profile", *args]) == code, args
        assert said in capsys.readouterr().err
    for wrong in (["--sample", "0"], ["--sample", "5", "--plan"], ["--budget-usd", "-1"], ["--budget-usd", "nan"]):
        with pytest.raises(SystemExit):
            main(["profile", str(box), *wrong])
        assert f"argument {wrong[-2] if wrong[-1] != '--plan' else '--plan'}: " in capsys.readouterr().err

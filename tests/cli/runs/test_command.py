"""`agentkit runs`: what a journal holds, on stdout; and what can be done with it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from agentkit import Journal
from agentkit.cli.main import main
from agentkit.cli.runs.command import parse_duration
from tests.cli.runs.recorded import on_terminal, record_cut_run, record_run

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")


def facts(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_runs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    record_run("order-17")
    record_cut_run("order-18")
    capsys.readouterr()
    assert main(["runs", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:5] == ["order-17", "clerk", "completed", "7", "steps"]
    assert second.split()[:3] == ["order-18", "clerk", "interrupted"]
    assert main(["runs", "list", "--json"]) == 0
    listed = facts(capsys.readouterr().out)
    assert [one["status"] for one in listed] == ["completed", "interrupted"]
    assert listed[0]["address"] == "shop:clerk"
    assert stat.S_IMODE(Path("runs.db").stat().st_mode) == 0o600


def test_a_run_is_shown_as_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    record_cut_run("order-18")
    capsys.readouterr()
    assert main(["runs", "show", "order-18"]) == 0
    first, second, *tree = capsys.readouterr().out.splitlines()
    assert first == "order-18 clerk interrupted"
    assert second.startswith("4 steps · $")
    assert tree[0].startswith("├ model:1  calls price, order · $")
    assert tree[1:] == [
        "├ price  answered  item=tea",
        '└ order  in flight, whether it took effect is not known  lines=[{"item": "tea"}]',
    ]
    assert main(["runs", "show", "order-18", "--json"]) == 0
    run, *steps = facts(capsys.readouterr().out)
    assert (run["type"], run["status"]) == ("run", "interrupted")
    assert [(step["label"], step["state"]) for step in steps] == [
        ("model:1", "ended"),
        ("price", "ended"),
        ("order", "in flight"),
    ]


@pytest.mark.parametrize("columns", [40, 80])
def test_no_line_is_longer_than_the_terminal(columns: int) -> None:
    record_run("order-17")
    record_cut_run("a-run-with-a-rather-long-name-18")
    for argv in (["list"], ["show", "order-17"], ["show", "a-run-with-a-rather-long-name-18"]):
        out = on_terminal(columns, "runs", *argv)
        assert max(map(len, out.splitlines())) <= columns
        assert "order-17" in out or "a-run-with-a-rather-long-name-18" in out


def test_a_run_is_cancelled_for_good(capsys: pytest.CaptureFixture[str]) -> None:
    record_run("ended")
    record_cut_run("order-18")
    assert main(["runs", "cancel", "order-18"]) == 0
    assert "does not go on" in capsys.readouterr().err
    assert main(["runs", "resume", "order-18"]) == 130  # nothing is asked and nothing is called
    out, err = capsys.readouterr()
    assert "cancelled from outside" in err
    assert "go on with" not in err
    for run_id, words in (
        ("order-18", "ended `cancelled`"),
        ("ended", "ended `completed`"),
        ("missing", "no run `missing`"),
    ):
        assert main(["runs", "cancel", run_id]) == 2
        assert words in capsys.readouterr().err
    assert out == ""


def test_a_run_that_somebody_executes_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    from agentkit.journal.run_lock import RunLock

    record_cut_run("order-18")
    lock = RunLock.acquire(Path("runs.db").absolute(), "order-18")
    try:
        for argv in (["cancel", "order-18"], ["resume", "order-18"]):
            capsys.readouterr()
            assert main(["runs", *argv]) == 2
            assert "is being executed by another task of this process" in capsys.readouterr().err
        main(["runs", "list"])
        assert "running" in capsys.readouterr().out
    finally:
        lock.release()


def test_a_run_is_copied_exported_and_imported(capsys: pytest.CaptureFixture[str]) -> None:
    record_run("order-17")
    capsys.readouterr()
    assert main(["runs", "export", "order-17"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*Journal("runs.db").export("order-17")]
    Path("cut.jsonl").write_text("\n".join(lines[:4]), encoding="utf-8")
    assert main(["runs", "import", "cut.jsonl", "--run-id", "cut", "--journal", "other.db"]) == 0
    assert main(["runs", "fork", "order-17", "copy", "--before", "model:2"]) == 0
    assert capsys.readouterr().out == "cut\ncopy\n"
    copied = [json.loads(line)["name"] for line in Journal("runs.db").export("copy")]
    assert "model:1" in copied
    assert "model:2" not in copied
    assert len([*Journal("other.db").export("cut")]) == 4
    for argv, code, words in (
        (["import", "cut.jsonl"], 2, "Run `order-17` exists"),
        (["fork", "order-17", "third", "--before", "model:9"], 2, "no step `model:9`"),
        (["import", "missing.jsonl"], 2, "There is no file"),
        (["export", "order-17", "--journal", "cut.jsonl"], 1, "no SQLite file"),
    ):
        assert main(["runs", *argv]) == code
        assert words in capsys.readouterr().err


def test_runs_that_have_ended_are_pruned(capsys: pytest.CaptureFixture[str]) -> None:
    for run_id in ("a", "b", "c"):
        record_run(run_id)
    record_cut_run("open")
    capsys.readouterr()
    assert main(["runs", "prune"]) == 2
    assert "--older-than 30d" in capsys.readouterr().err
    assert main(["runs", "prune", "--older-than", "1h"]) == 0
    assert main(["runs", "prune", "a", "open", "missing"]) == 0
    out, err = capsys.readouterr()
    assert out == "a\n"
    assert "open was left: it is interrupted" in err
    assert "missing was left: it is not there" in err
    assert main(["runs", "prune", "--all", "--json"]) == 0
    assert facts(capsys.readouterr().out) == [{"run_id": "b"}, {"run_id": "c"}]
    assert [parse_duration(text) for text in ("30d", "2h", "5m", "7s")] == [2_592_000, 7_200, 300, 7]
    for wrong in ("30", "d", "1w", "-1d"):
        with pytest.raises(SystemExit):
            main(["runs", "prune", f"--older-than={wrong}"])


def test_a_journal_or_run_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["list"], ["show", "r"], ["export", "r"], ["resume", "r"], ["prune", "--all"]):
        assert main(["runs", *argv]) == 2
        assert "There is no journal 'runs.db'" in capsys.readouterr().err
    assert not os.path.lexists("runs.db")
    record_run("order-17")
    for argv in (["show", "r"], ["resume", "r"]):
        assert main(["runs", *argv]) == 2
        assert "There is no run 'r' in" in capsys.readouterr().err

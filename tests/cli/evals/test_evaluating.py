"""`agentkit eval`: suites and agents by name, reports, gates and exit codes; a second time costs nothing."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentkit.cli.main import main

ALL = ["eval", "sums:suite", "--agents", "right,half,wrong"]


def test_the_report_is_on_stdout_and_in_files(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALL, "--tries", "2", "--report", "page.html", "--markdown", "report.md"]) == 0
    out, err = capsys.readouterr()
    assert "sums: 6 tasks, 3 agents, 2 tries, 36 trials" in out
    assert re.search(r"right +100% \(\d\d-100\)", out)
    assert re.search(r"half +50% \(", out)
    assert "36 of 36 · $0.0000 · right 100%" in err
    assert "the page is page.html" in err
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path("report.md").read_text(encoding="utf-8").startswith("### sums")


def test_a_second_time_runs_nothing_and_the_history_has_both(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "sums:made", "--agents", "right", "--json"]
    assert main(command) == main(command) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["agents"]["right"]["pass_rate"][0] == 1.0
    assert {**first, "started": "", "seconds": 0} == {**second, "started": "", "seconds": 0}
    assert len(sys.modules["sums"].CALLS) == 6, "each task was tried once, in the first command"
    assert main(["eval", "history"]) == 0
    out = capsys.readouterr().out
    assert out.count("sums") == 2
    assert "right 100%" in out
    assert main(["eval", "history", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["pass_rates"] == {"right": 1.0}
    assert main(["eval", "history", "--store", "none.db"]) == 2


def test_tasks_are_chosen_by_name_category_and_tag(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ALL, "--task", "sum *", "--category", "even", "--tag", "small", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["tasks"]) == {"sum 2"}
    assert main([*ALL, "--category", "prime"]) == 2
    assert "categories: even, odd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--agents", "right", "--min-pass-rate", "0.9"], 0, ""),
        (["--agents", "right,half", "--min-pass-rate", "0.9"], 1, "half: The pass rate is 0.50"),
        (["--agents", "right,wrong", "--no-worse-than", "wrong", "--min-pass-rate", "0.9"], 0, ""),
        (["--agents", "right,wrong", "--no-worse-than", "right"], 1, "wrong: It is worse than the baseline"),
        (["--agents", "right,wrong", "--no-worse-than", "right", "--tag", "small"], 0, "says nothing with 2 tasks"),
        (["--agents", "right", "--no-worse-than", "right"], 2, "it is the only agent"),
        (["--agents", "right", "--no-worse-than", "old"], 2, "no agent of this evaluation"),
        (["--agents", "right", "--min-pass-rate", "90"], 2, "no share from 0 to 1"),
    ],
)
def test_gates_decide_about_the_exit_code(
    sums: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    try:
        found = main(["eval", "sums:suite", *options])
    except SystemExit as exited:
        found = int(str(exited.code))
    assert found == code
    assert said in capsys.readouterr().err


def test_an_evaluation_of_the_store_is_a_baseline_by_name_and_by_number(
    sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "sums:suite", "--agents", "old=right"]) == 0
    for baseline in ("old", "1", "1:old"):
        assert main(["eval", "sums:suite", "--agents", "new=right", "--no-worse-than", baseline]) == 0
        assert main(["eval", "sums:suite", "--agents", "new=wrong", "--no-worse-than", baseline]) == 1
    assert "new: It is worse than the baseline" in capsys.readouterr().err
    assert main(["eval", "sums:suite", "--agents", "right,wrong"]) == 0
    assert main(["eval", "sums:suite", "--agents", "new=right", "--no-worse-than", "8"]) == 2
    assert "name one of them, as 8:right" in capsys.readouterr().err
    assert main(["eval", "sums:suite", "--agents", "odd=right", "--category", "odd"]) == 0
    command = ["eval", "sums:suite", "--agents", "even=right", "--category", "even", "--no-worse-than", "odd"]
    assert main(command) == 1
    assert "have tried no task in common" in capsys.readouterr().err


def test_a_broken_grader_is_no_failure_of_the_agent_and_exits_with_1(
    sums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "sums:broken", "--agents", "right"]) == 1
    out, err = capsys.readouterr()
    assert "KeyError" in out
    assert "1 trial could not be judged" in err


def test_the_offline_responder_is_an_agent_and_answers_for_all(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "sums:model", "--agents", "offline,idle", "--task", "sum 1", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["agents"]) == {"offline", "idle"}
    assert main(["eval", "sums:model", "--offline", "--task", "sum 1"]) == 0
    out, err = capsys.readouterr()
    assert "claude-haiku-5-5" in out
    assert "no language model answers" in err


def test_questions_are_reported_with_points_coverage_and_risk(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.jsonl").write_text('{"question": "2 + 2?", "choices": ["3", "4"], "answer": "4"}\n')
    assert main(["eval", "domain:q.jsonl", "--agents", "oracle,guess"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "oracle: points 1.00 (" in out
    assert "guess: points " in out
    assert main(["eval", "domain:q.jsonl", "--agents", "oracle", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_budget_that_is_used_up_exits_with_4(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "sums:model", "--offline", "--budget-usd", "0.000001", "--concurrency", "1"]
    assert main(command) == 4
    out, err = capsys.readouterr()
    assert "Not complete: the budget of the evaluation is used up" in out
    assert "The same command goes on with more" in err
    assert main([*command, "--faults", "api=0.1"]) == 4


def test_faults_come_with_the_recovery_rate(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "sums:model", "--agents", "idle", "--faults", "api=0.3", "--json", "--task", "sum 1"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["recovery"] == {"idle": None}
    assert main(["eval", "sums:model", "--agents", "idle", "--faults", "ap=0.3"]) == 2
    assert "'ap' is none of them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["offce"], 2, "There is no suite 'offce'"),
        (["sums:nothing"], 2, "is no suite, but int"),
        (["cases.yaml"], 2, "'cases.yaml' cannot be read"),
        (["domain"], 2, "needs a file of questions"),
        (["synthesis:many"], 2, "'many' is no number of tokens"),
        (["office:x"], 2, "takes nothing behind its name"),
        (["sums:suite"], 2, "it brings right, half, wrong"),
        (["sums:suite", "--agents", "rihgt"], 2, "brings right, half, wrong, and no 'rihgt'"),
        (["sums:suite", "--agents", "sums:nothing"], 2, "is no agent, but int"),
        (["sums:suite", "--agents", "right,right"], 2, "names 'right' twice"),
        (["sums:model", "--agents", "orcale"], 2, "did you mean 'oracle'?"),
        (["sums:model"], 3, "--offline"),
        (["sums:model", "--offline", "--base-url", "http://127.0.0.1:1"], 2, "exclude each other"),
        (["sums:suite", "--agents", "right", "--report", "none/page.html"], 2, "there is no folder 'none'"),
    ],
)
def test_wrong_usage_is_one_sentence_before_anything_runs(
    sums: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert main(["eval", *arguments]) == code
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_file_of_cases_is_a_suite(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cases.jsonl").write_text('{"input": "What is 2 plus 2?", "expected": 4}\n', encoding="utf-8")
    assert main(["eval", "cases.jsonl", "--agents", "sums:right,sums:wrong"]) == 0
    out = capsys.readouterr().out
    assert "cases: 1 task, 2 agents" in out
    assert "sums:right" in out


def test_questions_come_with_points_for_abstaining(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"question": f"Which is {n}?", "choices": ["tea", "ink", "ash"], "answer": "tea"} for n in range(6)]
    Path("q.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert main(["eval", "domain:q.jsonl", "--agents", "oracle,guess"]) == 0
    assert "oracle: points 1.00 (" in capsys.readouterr().out
    assert main(["eval", "domain:q.jsonl", "--agents", "oracle", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"]["oracle"]["risk"][0] == 0.0


SLOW = """
import anyio
from pathlib import Path
from sums import suite

async def slow(prompt):
    with open("made.txt", "a") as made:
        made.write("x")
    is_early = len(Path("made.txt").read_text()) <= 2
    await anyio.sleep(0 if is_early or Path("go").exists() else 60)
    return 2 * int(prompt.split()[2])
"""


def test_ctrl_c_keeps_what_is_done(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second command goes on: what was done in the first one is not done again."""
    (sums / "slow.py").write_text(SLOW, encoding="utf-8")
    arguments = ["eval", "slow:suite", "--agents", "slow:slow", "--concurrency", "2"]
    command = [sys.executable, "-m", "agentkit", *arguments]
    made, deadline = sums / "made.txt", time.monotonic() + 60
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not made.exists() or len(made.read_text()) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "2 trials are kept in evals.db" in err
    (sums / "go").touch()
    made.write_text("")
    assert main([*arguments, "--min-pass-rate", "1"]) == 0
    assert len(made.read_text()) == 4
    sys.modules.pop("slow", None)

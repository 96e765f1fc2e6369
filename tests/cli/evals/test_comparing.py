"""`agentkit compare`: battles of agents, ratings of published battles, one sentence for what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from agentkit.cli.main import main
from agentkit.testing import Reply, script

BATTLES = [
    {"model_a": "opus", "model_b": "haiku", "winner": "model_a", "category": "code"},
    {"model_a": "haiku", "model_b": "opus", "winner": "model_a", "category": "code"},
    {"model_a": "opus", "model_b": "haiku", "winner": "tie (bothbad)", "category": "text"},
    {"model_a": "opus", "model_b": "haiku", "winner": "model_a", "category": "text"},
]
URL = ["--base-url", "http://127.0.0.1:9"]
AGENTS = ["--agents", "one=claude-haiku-5-5,two=claude-opus-5-5"]


def write_lines(path: str, rows: list[dict[str, str]]) -> None:
    Path(path).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def test_published_battles_are_rated_by_category(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines("battles.jsonl", BATTLES)
    assert main(["compare", "--battles", "battles.jsonl"]) == 0
    out = capsys.readouterr().out
    assert "4 battles" in out
    assert "opus   +0.35" in out
    assert "open" in out, "of the texts, opus lost none"
    assert main(["compare", "--battles", "battles.jsonl", "--json", "--ties", "half"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["ratings"]) == ["opus", "haiku"]
    assert found["position_bias"] is None
    assert set(found["categories"]) == {"code", "text"}
    assert main(["compare", "--battles", "battles.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["categories"]["text"] != found["categories"]["text"], "ties count there"


def test_agents_battle_before_a_judge(sums: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines("prompts.jsonl", [{"prompt": f"Question {n}?", "category": "ab"[n % 2]} for n in range(4)])

    def answer(request: dict[str, object]) -> Reply:
        text = str(request["messages"])
        if "Judge which" in text:
            first = text.index("of claude-opus") < text.index("of claude-haiku")
            return Reply.output({"reason": "It is better.", "better": "first" if first else "second"})
        return Reply.text(f"An answer of {request['model']}.")

    with script(answer):
        assert (
            main(["compare", "prompts.jsonl", *AGENTS, "--base-url", "http://127.0.0.1:9", "--out", "out.jsonl"]) == 0
        )
    out, err = capsys.readouterr()
    assert "4 battles written to out.jsonl" in err
    assert out.index("two") < out.index("one")
    assert "first place:" in out
    assert main(["compare", "--battles", "out.jsonl"]) == 0


def test_pipelines_battle(sums: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines("prompts.jsonl", [{"prompt": "What is 5 plus 5?"}])
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    agents = ["--agents", "sums:right,sums:asks"]
    assert main(["compare", "prompts.jsonl", *agents, "--offline", "--judge", "person", "--out", "out.jsonl"]) == 0
    assert "1 battle written" in capsys.readouterr().err


def test_a_person_may_judge(sums: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("prompts.txt").write_text("What is tea?\n\nWhat is ink?\n", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\n"))
    with script(lambda request: Reply.text(f"An answer of {request['model']}.")):
        assert main(["compare", "prompts.txt", *AGENTS, *URL, "--judge", "person"]) == 0
    assert "2 battles" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "a file of prompts, or --battles"),
        (["--battles", "none.jsonl"], 2, "There is no file"),
        (["--battles", "bad.jsonl"], 2, "bad.jsonl, line 1"),
        (["--battles", "apart.jsonl"], 1, "not connected"),
        (["bad.jsonl", *AGENTS, "--offline"], 2, "bad.jsonl, line 1: it needs a text as `prompt`"),
        (["empty.txt", *AGENTS, "--offline"], 2, "has no prompt"),
        (["one.txt", "--agents", "one", "--offline"], 2, "needs two agents"),
        (["one.txt", "--agents", "sums:nothing,b", "--offline"], 2, "--agents 'sums:nothing' is no agent, but int"),
        (["one.txt", *AGENTS, "--judge", "sums:nothing", "--offline"], 2, "--judge 'sums:nothing' is no agent"),
        (["one.txt", *AGENTS], 3, "--offline"),
        (["one.txt", *AGENTS, "--offline"], 1, "No battle was fought"),
    ],
)
def test_what_is_wrong_is_said(
    sums: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    Path("bad.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    Path("empty.txt").write_text("\n", encoding="utf-8")
    Path("one.txt").write_text("What is tea?", encoding="utf-8")
    write_lines("apart.jsonl", [{"a": "a", "b": "b", "winner": "a"}, {"a": "c", "b": "d", "winner": "a"}])
    assert main(["compare", *arguments]) == code
    assert said in capsys.readouterr().err

"""`agentkit guard eval`: examples from one half by hash, numbers from the other, both named; offline, without a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.cli.main import main

WORDS = ("parcel", "courier", "address", "cup", "handle", "colour")


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"text": f"What about the {WORDS[number % 6]} {number}?", "label": "item" if number % 6 > 2 else "delivery"}
        for number in range(60)
    ]
    Path("mails.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    Path("screens.py").write_text(
        "from agentkit.patterns import Classifier, ExampleStore\n"
        "categories = {'delivery': 'the parcel or the courier', 'item': 'the cup or its handle'}\n"
        "plain = Classifier(categories=categories)\n"
        "store = ExampleStore([('What about the cup?', 'item'), ('the parcel', 'delivery')])\n"
        "taught = Classifier(categories=categories, examples=store, name='taught')\n"
        "wrong = 5\n"
    )
    return Path("mails.jsonl")


def test_one_half_gives_the_examples_and_the_other_the_numbers(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guard", "eval", str(mails), "--offline", "--recall", "0.5", "--html", "page.html"]) == 0
    out, err = capsys.readouterr()
    assert "labels follow words shared" in err
    first, examples, numbers, *_ = out.splitlines()
    assert first == "classifier: claude-haiku-5-5, 2 labels"
    assert examples.startswith("examples: mails.jsonl, ")
    assert examples.endswith(" of one half by hash, found by words")
    count = int(examples.split()[2])
    assert numbers == f"numbers:  mails.jsonl, the other half ({60 - count} texts)"
    assert 20 < count < 40
    assert "thresholds for a recall of 0.5 on these texts" in out
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_numbers_come_as_json_and_of_a_part(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["guard", "eval", str(mails), "--offline", "--json", "--most", "7", "--recall", "1"]
    assert main(command) == main(command) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["texts"] == 7
    assert first["texts_from"] == "mails.jsonl, a part of the other half"
    assert first["with_examples"]["confusion"] == second["with_examples"]["confusion"]
    assert first["with_examples"]["macro_f1"][0] > first["without_examples"]["macro_f1"][0]
    assert set(first["thresholds"]) <= {"delivery", "item"}


def test_a_classifier_of_the_users_own_and_a_store(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--classifier", "screens:taught", "--offline", "--most", "10"]
    assert main(["guard", "eval", str(mails), *own]) == 0
    assert "examples: 2 of the classifier's own\nnumbers:  mails.jsonl, a part of all (10" in capsys.readouterr().out
    Path("store.jsonl").write_text(
        '{"text": "What about the cup?", "label": "item"}\n{"text": "the parcel", "label": "delivery"}'
    )
    assert main(["guard", "eval", str(mails), *own, "--examples", "store.jsonl", "--model", "claude-haiku-4-5"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("taught: claude-haiku-4-5, 2 labels\nexamples: store.jsonl, 2, found by words\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--classifier", "screens:wrong", "--offline"], 2, "is no Classifier, but int"),
        (["--most", "0", "--offline"], 2, "at least one"),
        (["--recall", "2", "--offline"], 2, "a share above 0"),
        (["--offline", "--base-url", "http://127.0.0.1:1"], 2, "exclude each other"),
        (["--offline", "--max-cost", "0"], 4, "texts were not judged: budget"),
        ([], 3, "try it with --offline"),
    ],
)
@pytest.mark.usefixtures("no_credentials")
def test_what_cannot_work_ends_in_a_sentence(
    arguments: list[str], code: int, said: str, mails: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["guard", "eval", str(mails), *arguments]) == code
    assert said in capsys.readouterr().err


def test_one_label_is_not_enough(mails: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.jsonl").write_text('{"text": "tea", "label": "a"}\n')
    assert main(["guard", "eval", "one.jsonl", "--offline"]) == 2
    assert "needs two labels, and there is a." in capsys.readouterr().err

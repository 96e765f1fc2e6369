"""`agentkit guard label`: a person at a terminal, the least certain text first, every label kept at once, undo."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentkit.cli.main import main
from agentkit.patterns import ExampleStore
from tests.cli.chat_terminal import at_a_terminal

KNOWN = [("Where is my parcel?", "delivery"), ("The cup is broken.", "complaint")]
TEXTS = [
    "Is the parcel on its way to my house, and when will it be here?",
    "My cup is broken",
    "Is the broken parcel mine?",
]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("\n".join([*TEXTS, "where is MY parcel?"]))
    Path("known.jsonl").write_text("".join(f"{json.dumps({'text': t, 'label': label})}\n" for t, label in KNOWN))


def given() -> dict[str, str]:
    known = dict(KNOWN)
    return {one.text: one.label for one in ExampleStore.load("known.jsonl") if one.text not in known}


@pytest.mark.parametrize("columns", [80, 40])
def test_a_person_labels_at_a_terminal_and_takes_one_back(columns: int) -> None:
    command = ["guard", "label", "texts.txt", "--examples", "known.jsonl", "--offline"]
    with at_a_terminal(*command, columns=columns) as person:
        person.wait_for("1 of 3")
        person.wait_for("Is the broken parcel mine?")  # between both labels, so it is the least certain one
        person.wait_for("label> ")
        person.type("A\n")
        person.wait_for("2 of 3")
        person.wait_for("label> ")
        assert given() == {TEXTS[2]: "complaint"}, "it is kept at once"
        person.type("/undo\n")
        person.wait_for("Taken back: complaint.")
        person.wait_for("1 of 3")
        person.wait_for("label> ")
        assert given() == {}
        person.type("deliv\n")
        person.wait_for("label> ")
        person.type("\n")
        person.wait_for("3 of 3")
        person.wait_for("label> ")
        person.type("/skip\n")
        person.wait_for("That was the last text.")
        person.type("\n")
        assert person.leave() == 0
    assert "2 labels given; known.jsonl has 4 examples." in " ".join(person.text.split())
    assert given()[TEXTS[2]] == "delivery"
    assert len(given()) == 2
    assert max(len(line.split("\x1b")[0]) for line in person.text.splitlines()) <= columns


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command with these lines as its input; gives the exit code."""

    def run(text: str, *arguments: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return main(["guard", "label", "texts.txt", "--examples", "known.jsonl", "--offline", *arguments])

    return run


def test_what_is_no_label_is_asked_again_and_all_can_be_undone(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("/undo\nz\nB\n/skip\nA\n/u\n/u\n/u\n/u\n/quit\n") == 0
    err = capsys.readouterr().err
    assert "There is nothing to undo." in err
    assert "'z' is no label. Type a letter" in err
    assert "Taken back: skipped." in err
    assert "0 labels given; known.jsonl has 2 examples." in err
    assert given() == {}


def test_the_end_of_the_input_keeps_what_was_given(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("A\n", "--most", "2") == 0
    assert "1 label given; known.jsonl has 3 examples." in capsys.readouterr().err
    assert typed("", "--categories", "delivery, complaint") == 0
    assert "1 of 2" in capsys.readouterr().err
    assert typed("A\nB\n") == 0
    capsys.readouterr()
    assert typed("") == 0
    assert "known.jsonl has a label for every text of texts.txt." in capsys.readouterr().err


def test_of_many_categories_the_likeliest_are_shown_first(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    labels = ",".join(f"kind{number:02}" for number in range(30))
    assert typed("/all\nBD\n/quit\n", "--categories", labels, "--most", "1") == 0
    err = capsys.readouterr().err
    assert "no suggestion" in err
    assert "and 21 others: /all" in err
    assert err.count("kind29") == 1
    assert list(given().values()) == ["kind29"]


def test_without_labels_nothing_can_be_chosen(typed: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    Path("known.jsonl").write_text("")
    assert typed("") == 2
    assert "needs two labels, and there is none." in capsys.readouterr().err

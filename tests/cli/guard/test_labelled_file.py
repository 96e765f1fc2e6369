"""Labelled texts in the forms that data sets come in; what is damaged is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.cli.guard.labelled_file import read_labelled, read_texts
from agentkit.cli.terminal.exit_codes import CommandError


def test_forms_of_data_sets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,category\r\n"Where, please,\nis it?",delivery\r\n', encoding="utf-8-sig")
    (tmp_path / "b.jsonl").write_text(
        '{"prompt": "tea\\u2028cup", "label": "x"}\n\n{"turns": ["one", "two"], "class": "y"}\n'
    )
    (tmp_path / "c.txt").write_text("first\n\nsecond\n")
    (tmp_path / "LICENSE").write_text("not a text")
    assert read_labelled(tmp_path / "a.csv") == [("Where, please,\nis it?", "delivery")]
    assert read_labelled(tmp_path / "b.jsonl") == [("tea\u2028cup", "x"), ("one", "y")]
    assert read_texts(tmp_path / "c.txt") == ["first", "second"]
    labels = [label for _, label in read_labelled(tmp_path)]
    assert labels == ["a", "b", "b", "c", "c"], "in a folder each file is a label"
    assert read_texts(tmp_path)[-1] == "second"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", '{"text": "tea", "label": "x"}\n{"text"', "line 2, is no JSON"),
        ("a.jsonl", "[1]", "line 1, is no JSON object"),
        ("a.jsonl", '{"label": "x"}', "entry 1 has no text"),
        ("a.csv", "text\ntea\n", "entry 1 has no label"),
        ("a.csv", "text,label\ntea\n", "entry 1 has no label"),
    ],
)
def test_what_is_damaged_is_named(name: str, content: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match=problem):
        read_labelled(tmp_path / name)


def test_a_folder_without_texts_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no file of texts"):
        read_labelled(tmp_path)
    with pytest.raises(CommandError, match="There is no file"):
        read_texts(tmp_path / "none.txt")

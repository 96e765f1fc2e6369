"""Battles as rows and in files of JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentkit.evals.arena import Battle, as_battles, read_battles, write_battles


def test_rows_have_a_category_a_weight_or_both_where_given() -> None:
    found = as_battles(
        [
            ("a", "b", "a"),
            ("a", "b", "tie", "coding"),
            ("a", "b", "b", 2),
            ("a", "b", "both_bad", None, 0.5),
            Battle("a", "b", "a", "writing", 3),
        ]
    )
    assert [(battle.category, battle.weight) for battle in found] == [
        (None, 1),
        ("coding", 1),
        (None, 2),
        (None, 0.5),
        ("writing", 3),
    ]
    assert [battle.is_tie for battle in found] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("a", "b", "gpt"), "Battle 2: .*winner is 'a' \\(a is better\\), 'b' \\(b is better\\), 'tie' or 'both_bad'"),
        (("opus", "haiku", "opus"), "'a' \\(opus is better\\)"),
        (("a", "a", "tie"), "against itself"),
        (("a", "b", "a", 0), "weight has to be a number above 0"),
        (("a", "b", "a", float("nan")), "weight has to be a number above 0"),
        (("a", "b"), "Battle 2 is \\('a', 'b'\\): a row is"),
        (("a", None, "a"), "Battle 2 is"),
        (("a", "b", "a", "coding", 1, 2), "Battle 2 is"),
    ],
)
def test_what_is_no_battle_is_refused_by_its_number(row: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        as_battles([("a", "b", "a"), row])


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    battles = [Battle("ä", "b", "a", "coding", 2.0), Battle("b", "c", "both_bad")]
    write_battles(tmp_path / "battles.jsonl", battles)
    assert read_battles(tmp_path / "battles.jsonl") == battles


def test_published_files_are_read(tmp_path: Path) -> None:
    rows = [
        {"model_a": "x", "model_b": "y", "winner": winner, "judge": "someone", "turn": 1}
        for winner in ("model_a", "model_b", "tie", "tie (bothbad)")
    ]
    file = tmp_path / "battles.jsonl"
    file.write_text("\n\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    assert [battle.winner for battle in read_battles(str(file))] == ["a", "b", "tie", "both_bad"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2: Expecting"),
        ("[]", "line 2: a battle is a JSON object"),
        ('{"a": "x", "b": "y"}', "line 2: the key 'winner' is missing"),
        ('{"a": "x", "b": 1, "winner": "a"}', "line 2: the names of a battle are texts"),
        ('{"a": "x", "b": "y", "winner": "a", "weight": "2"}', "line 2: a category is a text"),
        ('{"model_a": "x", "model_b": "y", "winner": "x"}', "line 2: .*the winner is"),
    ],
)
def test_a_line_that_is_no_battle_is_refused_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "battles.jsonl"
    file.write_text('{"a": "x", "b": "y", "winner": "a"}\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        read_battles(file)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "battles.jsonl").write_text('{"a": "x", "b": "y", "winner": "a"}\n', encoding="utf-8-sig")
    assert read_battles(tmp_path / "battles.jsonl") == [Battle("x", "y", "a")]

"""The form of a record: whole again after writing, and refused when one character of it was changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit import JournalError, Step
from agentkit.journal.envelope import Record, Written
from agentkit.messages.message import JSONObject

CHARGE: JSONObject = {"model": "claude-haiku-5-5", "price": [1.0, 5.0, 0], "usage": {"input_tokens": 1_000_000}}
STEP = Step("model:1", "model", "write", "r:toolu_1", "abc", describe=lambda: "How much is tea?" * 100)


def made(value: JSONObject, step: Step = STEP) -> Record:
    return Record.make(
        f"tool:a/{step.name}", step, "value", Written(((1, 1, 0), (1, 0, 0)), 2, 0.5, 1.25), value
    ).record


def test_a_record_is_read_as_it_was_written() -> None:
    record = made({"text": "grüezi \ud800", "charges": [CHARGE, CHARGE], "big": 2**70})
    again = Record.from_json(record.to_json(), "r", record.name)
    assert again == record
    assert again.to_json() == record.to_json()
    assert again.whole_value({}) == {"text": "grüezi \ud800", "big": 2**70, "charges": [CHARGE, CHARGE]}
    assert (again.key, again.effect, again.execution, len(again.request)) == ("r:toolu_1", "write", 2, 200)
    assert (again.cost_usd, made({}).cost_usd) == (2.0, 0.0)
    assert made({"charges": [{**CHARGE, "price": None}]}).cost_usd is None


def test_another_character_anywhere_is_found_out() -> None:
    encoded = made({"text": "Tea.", "charges": []}).to_json()
    for position in range(len(encoded)):
        damaged = bytes([*encoded[:position], encoded[position] ^ 1, *encoded[position + 1 :]])
        with pytest.raises(JournalError, match=r"`model:1` of run `r` is damaged"):
            Record.from_json(damaged, "r", "model:1")


def test_a_record_of_a_newer_version_says_so() -> None:
    fields = json.loads(made({}).to_json())
    with pytest.raises(JournalError, match="newer version of agentkit"):
        Record.from_json(json.dumps({**fields, "version": 99}).encode(), "r", "model:1")


def test_a_line_holds_what_is_stored_beside_the_record() -> None:
    text = "x" * 300_000
    record, body, blobs = Record.make(
        "tool:a", STEP, "value", Written(((1, 1, 0),), 1, 0, 0), {"text": text, "n": "\x85\u2028"}
    )
    line = record.to_line("r", blobs)
    assert text in line
    assert line.splitlines() == [line]
    assert Record.from_line(line, 1) == ("r", (record, body, blobs))
    assert Record.from_line(json.dumps(json.loads(line)), 1) == ("r", (record, body, blobs))  # with spaces
    for damaged in (line.replace("xxx", "xxy", 1), line[:-9], "", "[]", '{"run_id": "r"}'):
        with pytest.raises(JournalError, match=r"line 7.*damaged"):
            Record.from_line(damaged, 7)


def test_the_first_version_can_still_be_read() -> None:
    """Written by the first version that had a journal: every later one must read it."""
    lines = (Path(__file__).parent / "version_1.jsonl").read_text(encoding="utf-8").splitlines()
    records = [Record.from_line(line, number)[1].record for number, line in enumerate(lines, 1)]
    assert [record.name for record in records][:3] == ["input", "prefix", "model:1"]

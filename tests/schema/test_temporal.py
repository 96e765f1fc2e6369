"""Bounds of dates, times and durations in words."""

from datetime import date, timedelta

from agentkit.schema.temporal import append_bounds_note, temporal_bounds_note


def test_bounds_become_a_sentence_after_the_description() -> None:
    note = temporal_bounds_note({"type": "date", "ge": date(2020, 1, 1), "now_op": "past"})
    assert append_bounds_note({"description": "Birthday", **note}) == {
        "description": "Birthday. Not before 2020-01-01, in the past."
    }
    assert append_bounds_note(temporal_bounds_note({"type": "timedelta", "gt": timedelta(hours=1)})) == {
        "description": "More than PT1H."
    }


def test_without_bounds_there_is_nothing_to_say() -> None:
    assert temporal_bounds_note({"type": "date"}) == {}
    assert append_bounds_note({"type": "string"}) == {"type": "string"}

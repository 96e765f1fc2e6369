"""The order of an export: that of the reservations, whatever began early or ran at the same time."""

from __future__ import annotations

from agentkit import Step
from agentkit.journal.places import PlaceCounter, sort_key
from tests.journal.scenes import call

MODEL, TIME, OTHER = Step("model:1", "model"), Step("time:1", "time"), Step("children:1", "children")


def test_a_call_has_its_place_whether_it_began_early_or_not() -> None:
    places = []
    for began_early in (False, True):
        counter = PlaceCounter()
        counter.next_place(Step("input", "input"), is_reply_known=False)
        counter.next_place(MODEL, is_reply_known=False)
        if began_early:
            counter.next_place(call("b", 2), is_reply_known=False)
        steps = (OTHER, call("a", 1), call("b", 2), TIME, Step("model:2", "model"), TIME)
        places.append([counter.next_place(step, is_reply_known=True) for step in steps])
    assert places[0] == places[1] == [(1, 0, 1), (1, 1, 0), (1, 2, 0), (1, 2, 2), (2, 0, 0), (2, 0, 1)]
    assert sorted(places[0]) == places[0]


def test_everything_below_a_step_stands_between_its_intent_and_its_value() -> None:
    call_path, end_path = ((1, 1, 0),), ((1, 1, 0), (1, 0, 1))
    expected = [
        sort_key(((1, 0, 0),), "model:1", is_value=True, is_end=False),
        sort_key(call_path, "a", is_value=False, is_end=False),
        sort_key((*call_path, (1, 0, 0)), "a/model:1", is_value=True, is_end=False),
        sort_key((*call_path, (1, 1, 0)), "a/b", is_value=True, is_end=False),
        sort_key(end_path, "a/end", is_value=True, is_end=True),
        sort_key(call_path, "a", is_value=True, is_end=False),
        # of another reply of the same turn, which was dropped
        sort_key((*call_path, (1, 0, 0)), "b/model:1", is_value=True, is_end=False),
        sort_key(((1, 2, 0),), "c", is_value=True, is_end=False),
        sort_key(((1, 1, 1),), "end", is_value=True, is_end=True),
    ]
    assert sorted(expected) == expected

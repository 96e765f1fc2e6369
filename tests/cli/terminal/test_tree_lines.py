"""The tree of a run in the room there is: what goes on and what failed stays to be seen, many alike are one line."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from agentkit import Cost, Event, Outcome, RunFinished, RunStarted, TextDelta, ToolFinished, ToolStarted, Usage
from agentkit.cli.terminal.progress import RunTree
from agentkit.cli.terminal.tree_lines import TreeLine, column_header, state_counts, tree_lines
from agentkit.run.events import TurnFinished, TurnStarted


class Story:
    """Events of a tree of runs, told in a few words."""

    def __init__(self) -> None:
        self.now = 0.0
        self.progress = RunTree(clock=lambda: self.now)
        self.start("r", "lead")

    def tell(self, event: Event) -> None:
        self.progress.add_event(event)

    def start(self, run_id: str, *path: str) -> None:
        call_id = run_id.rpartition("/")[2] if "/" in run_id else None
        self.tell(RunStarted(run_id=run_id, path=path, parent_call_id=call_id, model="claude-haiku-5-5"))

    def call(self, run_id: str, call_id: str, name: str = "reader", *, is_agent: bool = True) -> None:
        self.tell(
            ToolStarted(
                run_id=run_id, path=("lead",), parent_call_id=None, call_id=call_id, name=name,
                input={"document": call_id}, is_agent=is_agent,
            )
        )  # fmt: skip

    def say(self, run_id: str, text: str, tokens: int = 1_000, usd: float = 0.01) -> None:
        place = {"run_id": run_id, "path": ("lead",), "parent_call_id": None}
        usage = Usage(1, input_tokens=tokens)
        self.tell(TurnStarted(**place, turn=1, is_last=False))  # type: ignore[arg-type]
        self.tell(TextDelta(**place, text=text))  # type: ignore[arg-type]
        end = {"stop_reason": "end_turn", "text": text, "usage": usage, "cost": Cost(usd)}
        self.tell(TurnFinished(**place, turn=1, **end))  # type: ignore[arg-type]

    def end(self, run_id: str, outcome: Outcome = Outcome.COMPLETED, reason: str = "", usd: float = 0.02) -> None:
        usage = Usage(1, input_tokens=2_000)
        place = {"run_id": run_id, "path": ("lead",), "parent_call_id": None}
        self.tell(RunFinished(**place, outcome=outcome, reason=reason, usage=usage, cost=Cost(usd)))  # type: ignore[arg-type]

    def answer(self, run_id: str, call_id: str, text: str, name: str = "reader", *, is_error: bool = False) -> None:
        place = {"run_id": run_id, "path": ("lead",), "parent_call_id": None}
        facts = {"call_id": call_id, "name": name, "is_error": is_error, "text": text, "duration_s": 1.5}
        self.tell(ToolFinished(**place, **facts))  # type: ignore[arg-type]

    def lines(self, room: int = 20) -> list[TreeLine]:
        assert self.progress.root is not None
        return tree_lines(self.progress.root, room, self.now)


def crowd(count: int, running: range, failed: range) -> Story:
    """A lead with many readers; those that are neither running nor failed are done."""
    story = Story()
    for n in range(count):
        story.call("r", f"c{n}")
    for n in range(count):
        story.start(f"r/c{n}", "lead", "reader")
        story.say(f"r/c{n}", f"Reading {n}.")
        if n in failed:
            story.end(f"r/c{n}", Outcome.REFUSED, "The model declined.")
            story.answer("r", f"c{n}", "It failed.", is_error=True)
        elif n not in running:
            story.end(f"r/c{n}")
            story.answer("r", f"c{n}", f"Answer {n}.")
    return story


def test_hundreds_are_one_line_below_which_the_failed_and_the_running_ones_stand() -> None:
    story = crowd(212, running=range(200, 210), failed=range(50, 52))
    lines = story.lines(room=20)
    assert len(lines) == 21
    assert (lines[1].name, lines[1].facts) == ("reader x 212", "200 done, 10 running, 2 failed")
    assert Counter(line.state for line in lines[2:]) == {"failed": 2, "running": 10, "done": 7}
    said = [line.detail_text(80) for line in lines]
    assert said[2] == "c50 · refused: The model declined."
    assert "c200 · Reading 200." in said
    assert said[19:] == ["c210 · Answer 210.", "c211 · Answer 211."]


@pytest.mark.parametrize("room", [1, 2, 4, 7, 24])
@pytest.mark.parametrize("count", [0, 1, 3, 5, 30])
def test_there_are_never_more_lines_than_there_is_room_for(room: int, count: int) -> None:
    story = crowd(count, running=range(0, count, 3), failed=range(1, count, 5))
    for n in range(4):
        story.call("r", f"s{n}", f"search{n}", is_agent=False)
        story.call("r/c0", f"s{n}", f"search{n}", is_agent=False)
    assert len(story.lines(room)) <= room + 1


def test_what_goes_on_is_opened_before_what_is_over() -> None:
    story = crowd(2, running=range(1, 2), failed=range(0))
    for run in ("r/c0", "r/c1"):
        for n in range(3):
            story.call(run, f"s{n}", "search", is_agent=False)
    assert [line.stem + line.name for line in story.lines(room=5)] == [
        "lead", "  ├ reader", "  └ reader", "    ├ search", "    ├ search", "    └ search",
    ]  # fmt: skip
    assert len(story.lines(room=8)) == 9


def test_of_many_those_that_are_done_leave_their_room_to_others() -> None:
    story = crowd(30, running=range(0), failed=range(4, 5))
    story.call("r", "e0", "editor")
    story.start("r/e0", "lead", "editor")
    story.call("r/e0", "s0", "search", is_agent=False)
    story.end("r/e0")
    story.answer("r", "e0", "Written.", "editor")
    names = [line.name for line in story.lines(room=8)]
    assert names == ["lead", "reader x 30", *[""] * 5, "editor", "search"]


def test_what_has_no_room_is_counted() -> None:
    story = Story()
    for n in range(9):
        story.call("r", f"s{n}", f"search{n}", is_agent=False)
        if n < 7:
            story.answer("r", f"s{n}", "fine", f"search{n}")
    more, *shown = story.lines(room=4)[1:]
    assert (more.stem, more.name, more.facts) == ("  ├ ", "6 more", "6 done")
    assert [line.name for line in shown] == ["search6", "search7", "search8"]


def test_an_agent_has_its_own_time_and_the_tokens_and_money_of_all_below_it() -> None:
    story = Story()
    story.call("r", "c0")
    assert story.lines()[1].state == "waiting"
    story.now = 5.0
    story.start("r/c0", "lead", "reader")
    story.say("r/c0", "Reading.")
    story.call("r/c0", "d0")
    story.start("r/c0/d0", "lead", "reader", "reader")
    story.say("r/c0/d0", "Deeper.", usd=0.5)
    story.now = 7.0
    lead, reader, deeper = story.lines()
    assert (lead.tokens, reader.tokens, deeper.tokens) == (2_000, 2_000, 1_000)
    assert (lead.usd, reader.usd, deeper.usd) == (0.51, 0.51, 0.5)
    assert (lead.duration_s, reader.duration_s) == (7.0, 2.0)
    story.end("r/c0", usd=0.6)  # what its end says holds, broken replies included
    assert story.lines()[0].usd == 0.6


def test_last_words_stay_until_there_are_others() -> None:
    story = Story()
    story.say("r", "word " * 100 + "and the end.")
    place = {"run_id": "r", "path": ("lead",), "parent_call_id": None}
    story.tell(TurnStarted(**place, turn=2, is_last=False))  # type: ignore[arg-type]
    assert story.lines()[0].facts == "turn 2 · claude-haiku-5-5"
    assert story.lines()[0].activity.startswith("…")
    assert story.lines()[0].activity.endswith("word and the end.")
    story.tell(TextDelta(**place, text="Now"))  # type: ignore[arg-type]
    assert story.lines()[0].activity == "Now"
    story.end("r")
    assert story.lines()[0].detail_text(80) == "claude-haiku-5-5"


def test_arguments_are_shortened_before_words_and_neither_where_there_is_room() -> None:
    line = TreeLine("running", "reader", "document-of-the-handbook-on-tea", "It says that tea is hot.")
    assert line.detail_text(80) == "document-of-the-handbook-on-tea · It says that tea is hot."
    assert line.detail_text(50) == "document-of-the-handbo… · It says that tea is hot."
    assert line.detail_text(30) == "document-of-the-han… · It say…"
    assert TreeLine("running", "reader", "document-of-the-handbook").detail_text(12) == "document-of…"


def test_the_columns_stand_below_their_words() -> None:
    whole = TreeLine("done", "a", tokens=12_345, usd=0.5, duration_s=1.25)
    assert (column_header(), whole.usage_columns()) == ("   time tokens     cost", "  1.2 s  12.3k  $0.5000")
    assert TreeLine("done", "a", duration_s=1.25).usage_columns() == "  1.2 s                "
    assert TreeLine("", "a", tokens=1_200_000, usd=None).usage_columns() == "1.2M      $ ?"
    assert TreeLine("waiting", "a").usage_columns() == ""


def test_counts_leave_out_what_there_is_none_of() -> None:
    assert state_counts(["done", "failed", "done", "waiting"]) == "2 done, 1 failed"
    assert state_counts(["waiting"]) == "waiting"


def test_a_frame_of_a_thousand_agents_is_quick() -> None:
    story = crowd(1_000, running=range(500, 560), failed=range(0))
    began = time.perf_counter()
    for _ in range(5):
        story.lines(room=24)
    assert time.perf_counter() - began < 2.5

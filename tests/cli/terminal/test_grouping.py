"""Many calls alike in a log: some lines of their own, failures always, and counts for the rest."""

from __future__ import annotations

from agentkit import Event, RunStarted, ToolFinished, ToolStarted
from agentkit.cli.terminal.plain_lines import PlainLines


def place(run_id: str = "r", *path: str) -> dict[str, object]:
    call_id = run_id.rpartition("/")[2] if "/" in run_id else None
    return {"run_id": run_id, "path": ("lead", *path), "parent_call_id": call_id}


def begun(call_id: str, name: str = "reader", run_id: str = "r", *, is_agent: bool = True) -> Event:
    facts = {"call_id": call_id, "name": name, "input": {"document": call_id}, "is_agent": is_agent}
    return ToolStarted(**place(run_id), **facts)  # type: ignore[arg-type]


def started(run_id: str) -> Event:
    return RunStarted(**place(run_id, "reader"), model="claude-haiku-5-5")  # type: ignore[arg-type]


def ended(call_id: str, name: str = "reader", run_id: str = "r", *, is_error: bool = False) -> Event:
    facts = {"call_id": call_id, "name": name, "is_error": is_error, "text": "No.", "duration_s": 0.5}
    return ToolFinished(**place(run_id), **facts)  # type: ignore[arg-type]


def written(events: list[Event]) -> list[str]:
    plain = PlainLines()
    return [line for event in events if (line := plain.event_line(event))]


def test_a_few_have_a_line_each() -> None:
    ids = [f"c{n}" for n in range(8)]
    lines = written([*map(begun, ids), *map(ended, ids)])
    assert len(lines) == 16
    assert lines[0] == "lead: calls reader  document=c0"
    assert lines[8] == "lead: reader answered, 0.5 s  document=c0"


def test_many_are_counted_at_round_numbers_and_failures_are_told() -> None:
    ids = [f"c{n}" for n in range(212)]
    events = [*map(begun, ids), *(started(f"r/{one}") for one in ids[:100])]
    events += [ended(one, is_error=one in ("c3", "c150")) for one in ids]
    assert written(events)[8:] == [
        "lead: reader x 212: 1 done, 99 running",
        "lead: reader x 212: 2 done, 98 running",
        "lead: reader failed: No.  document=c3",
        "lead: reader x 212: 4 done, 95 running, 1 failed",
        "lead: reader x 212: 9 done, 90 running, 1 failed",
        "lead: reader x 212: 19 done, 80 running, 1 failed",
        "lead: reader x 212: 49 done, 50 running, 1 failed",
        "lead: reader x 212: 99 done, 1 failed",
        "lead: reader failed: No.  document=c150",
        "lead: reader x 212: 198 done, 2 failed",
        "lead: reader x 212: 210 done, 2 failed",
    ]


def test_what_happens_inside_those_that_are_counted_has_no_line() -> None:
    ids = [f"c{n}" for n in range(10)]
    inside = [event for one in ids for event in (begun("s0", "search", f"r/{one}", is_agent=False),)]
    below = [begun("d0", "deeper", "r/c9"), begun("s0", "search", "r/c9/d0", is_agent=False)]
    lines = written([*map(begun, ids), *inside, *below])
    assert sum("calls search" in line for line in lines) == 8
    assert not any("deeper" in line for line in lines)


def test_tools_that_are_no_agents_are_not_counted() -> None:
    assert len(written([begun(f"c{n}", "search", is_agent=False) for n in range(30)])) == 30

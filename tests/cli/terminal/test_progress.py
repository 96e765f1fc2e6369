"""A run's events as a tree, and the tree as it is drawn and written."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from agentkit import (
    Block,
    Compacted,
    Cost,
    Event,
    FellBack,
    Outcome,
    Pass,
    RunFinished,
    RunStarted,
    ServerToolFinished,
    ServerToolStarted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnReset,
    Usage,
    Verdict,
    VerdictGiven,
    VerdictRecord,
    WebSource,
)
from agentkit.cli.terminal.live_tree import LiveTree
from agentkit.cli.terminal.plain_lines import PlainLines
from agentkit.cli.terminal.progress import RunTree


def place(run_id: str = "r", call_id: str | None = None) -> dict[str, object]:
    path = ("lead",) if call_id is None else ("lead", "reader")
    return {"run_id": run_id if call_id is None else f"{run_id}/{call_id}", "path": path, "parent_call_id": call_id}


def a_run(readers: int, *, failing: str = "") -> list[Event]:
    """A lead that asks so many readers the same of a document each; they answer in reverse."""
    ids = [f"c{number}" for number in range(readers)]
    events: list[Event] = [RunStarted(**place(), model="claude-opus-5-5")]  # type: ignore[arg-type]
    for call in ids:
        asked = {"document": f"doc-{call}", "question": "What is tea?"}
        events.append(ToolStarted(**place(), call_id=call, name="reader", input=asked, is_agent=True))  # type: ignore[arg-type]
        events.append(RunStarted(**place(call_id=call), model="claude-haiku-5-5"))  # type: ignore[arg-type]
    for call in reversed(ids):
        is_error = call == failing
        text = "It broke \x1b[2Joff" if is_error else "{}"
        facts = {"call_id": call, "name": "reader", "is_error": is_error, "text": text, "duration_s": 0.5}
        events.append(ToolFinished(**place(), **facts))  # type: ignore[arg-type]
    end = RunFinished(**place(), outcome=Outcome.COMPLETED, reason="", usage=Usage(), cost=Cost())  # type: ignore[arg-type]
    return [*events, end]


def drawn(events: list[Event], *, width: int = 80, height: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, highlight=False)
    tree = LiveTree(lambda _: "2 quotes", console)
    for event in events:
        tree.show_event(event)
    with console.capture() as capture:
        console.print(tree)
    return capture.get().splitlines()


def test_children_hang_below_the_call_that_started_them() -> None:
    progress = RunTree()
    for event in a_run(2):
        progress.add_event(event)
    assert progress.root is not None
    calls = list(progress.root.calls.values())
    assert [call.child is not None and call.child.model for call in calls] == ["claude-haiku-5-5"] * 2
    assert [call.state for call in calls] == ["ok", "ok"]
    assert progress.root.outcome == "completed"


def test_what_every_call_says_alike_is_not_shown() -> None:
    lines = drawn(a_run(3))
    assert len(lines) == 5
    assert lines[2].split() == ["├", "✓", "reader", "doc-c0", "·", "2", "quotes", "0.5", "s"]
    assert "question=What is tea? · 2 quotes" in drawn(a_run(1), width=120)[2]


def test_an_error_is_shown_without_its_control_characters() -> None:
    line = next(line for line in drawn(a_run(2, failing="c1")) if "✗" in line)
    assert "It broke" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("height", [10, 24])
def test_many_calls_stay_inside_the_terminal(width: int, height: int) -> None:
    lines = drawn(a_run(200), width=width, height=height)
    assert len(lines) <= height - 2
    assert max(map(len, lines)) <= width
    assert any("reader x 200" in line for line in lines)


def test_an_exception_is_in_the_tree_and_below_it_where_it_was_cut() -> None:
    short, long = PermissionError("no"), PermissionError("only managers may cancel orders " * 5)
    events: list[Event] = [RunStarted(**place(), model="claude-opus-5-5")]  # type: ignore[arg-type]
    for call_id, error in (("c1", short), ("c2", long)):
        called = {"call_id": call_id, "name": "cancel"}
        events.append(ToolStarted(**place(), **called, input={"order": call_id}, is_agent=False))  # type: ignore[arg-type]
        failed = {"is_error": True, "text": "`cancel` failed", "duration_s": 0.1, "exception": error}
        events.append(ToolFinished(**place(), **called, **failed))  # type: ignore[arg-type]
    drawn: dict[int, str] = {}
    for width in (80, 40):
        console = Console(file=io.StringIO(), force_terminal=True, width=width, height=30, color_system=None)
        with LiveTree(console=console) as tree:
            for event in events:
                tree.show_event(event)
        assert isinstance(console.file, io.StringIO)
        drawn[width] = console.file.getvalue().rpartition("time")[2]
    assert "✗ cancel  c1 · PermissionError: no " in drawn[80]
    assert drawn[80].count("PermissionError: no") == 1
    assert drawn[40].count("✗ lead: cancel: PermissionError: ") == 2
    for shown in drawn.values():
        assert " ".join(("only managers may cancel orders " * 5).split()) in " ".join(shown.split())


def test_plain_lines_say_who_answered_what(capsys: pytest.CaptureFixture[str]) -> None:
    plain = PlainLines(lambda _: "2 quotes", max_depth=1)
    for event in a_run(1):
        plain.show_event(event)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "lead: started, claude-opus-5-5",
        "lead: calls reader document=doc-c0 question=What is tea?",
        "lead: reader answered, 2 quotes, 0.5 s document=doc-c0 question=What is tea?",
    ]


def test_a_reply_that_is_asked_for_again_says_so_and_forgets_what_it_had_said() -> None:
    start, end = a_run(0)
    text = TextDelta(**place(), text="Tea is")  # type: ignore[arg-type]
    reset = TurnReset(**place(), turn=1, attempt=2, reason="The API answered 529.", wait_s=4.2)  # type: ignore[arg-type]
    progress = RunTree()
    for event in (start, text, reset):
        progress.add_event(event)
    assert progress.root is not None
    assert (progress.root.turn_text, progress.root.retry_reason) == ("", "asks again in 4 s: The API answered 529.")
    assert "asks again" in drawn([start, text, reset])[1]
    assert "asks again" not in drawn([start, text, reset, text])[1]
    assert "asks again" not in drawn([start, text, reset, end])[1]
    assert PlainLines().event_line(reset) == "lead: asks again in 4 s: The API answered 529."


def test_tools_of_the_api_are_lines_and_calls_that_go_with_their_reply() -> None:
    start, _ = a_run(0)
    call = ServerToolStarted(**place(), call_id="s1", name="web_search", input={"query": "tea"})  # type: ignore[arg-type]
    found = WebSource("https://tea.example", "Tea")
    done = ServerToolFinished(**place(), call_id="s1", name="web_search", is_error=False, text="", sources=(found,))  # type: ignore[arg-type]
    failed = ServerToolFinished(**place(), call_id="s1", name="web_search", is_error=True, text="unavailable")  # type: ignore[arg-type]
    lines = PlainLines()
    assert [lines.event_line(event) for event in (call, done, failed)] == [
        "lead: the API runs web_search  query=tea",
        "lead: web_search is done  https://tea.example",
        "lead: web_search failed: unavailable",
    ]
    assert any("web_search" in line and "tea" in line for line in drawn([start, call]))
    assert any("unavailable" in line for line in drawn([start, call, failed]))
    reset = TurnReset(**place(), turn=1, attempt=2, reason="Cut off.", wait_s=0)  # type: ignore[arg-type]
    assert not any("web_search" in line for line in drawn([start, call, reset]))
    assert any("web_search" in line for line in drawn([start, call, done, reset]))


def test_a_change_of_the_model_and_a_summary_are_lines() -> None:
    start, _ = a_run(0)
    fell = FellBack(**place(), model="claude-sonnet-5-5", reason="The model declined.")  # type: ignore[arg-type]
    assert PlainLines().event_line(fell) == "lead: goes on with claude-sonnet-5-5: The model declined."
    assert "claude-sonnet-5-5" in drawn([start, fell])[1]
    short = Compacted(**place(), messages_before=40, messages_after=1)  # type: ignore[arg-type]
    assert PlainLines().event_line(short) == "lead: its conversation of 40 messages became a summary"


def test_a_verdict_is_a_line_unless_a_guardrail_passes() -> None:
    def line(verdict: Verdict, error: str = "") -> str:
        record = VerdictRecord(guardrail="g", on="input", agent="lead", verdict=verdict, latency_s=0.1, error=error)
        return PlainLines().event_line(VerdictGiven(**place(), record=record))  # type: ignore[arg-type]

    assert line(Pass()) == ""
    assert line(Block("It is fraud.")) == "lead: the guardrail g says block"
    assert line(Pass(), "it was late") == "lead: the guardrail g says pass: it was late"

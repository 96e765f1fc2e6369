"""The live tree of agents and calls. Needs rich, the extra `cli`; this is the only file that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from agentkit.cli.interrupts import STOPPING
from agentkit.cli.progress import Branch, Call, Describe, Progress, say_nothing
from agentkit.cli.terminal import one_line

if TYPE_CHECKING:
    from agentkit import Event

_MARKS = {"ok": ("✓", "green"), "error": ("✗", "red")}
_MOST_ROWS = 24
_REFRESHES_PER_S = 12


class LiveTree:
    """Draws the tree on stderr while the run goes on, and leaves its last state there."""

    def __init__(self, describe: Describe = say_nothing, console: Console | None = None) -> None:
        self.progress = Progress(describe)
        self._console = console or Console(stderr=True, highlight=False)
        self._spinner = Spinner("dots")
        self._is_stopping = self._is_over = False
        self._live = Live(self, console=self._console, refresh_per_second=_REFRESHES_PER_S, vertical_overflow="crop")

    def __enter__(self) -> LiveTree:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over = True
        self._live.stop()

    def feed(self, event: Event) -> None:
        """Take one event in; it is drawn with the next frame."""
        self.progress.feed(event)

    def stopping(self) -> None:
        """See `Display.stopping`; the next frame says it."""
        self._is_stopping = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        root = self.progress.root
        if root is None:
            return
        width = options.max_width - len("^C") - 1  # its echo at the end of a full line would push the tree down
        rows = Table.grid(padding=(0, 1))
        rows.width = width
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        rows.add_column(no_wrap=True, justify="right")
        rows.add_row(*self._head(root))
        room = max(4, min(_MOST_ROWS, console.height - 5))
        for left, right in self._below(root, "", room, width):
            rows.add_row(left, right)
        yield rows
        if self._is_stopping and not self._is_over:
            yield Text(STOPPING, "yellow")

    def _head(self, branch: Branch) -> tuple[Text, Text]:
        left = Text.assemble(self._run_mark(branch), (branch.agent, "bold"), (f"  {branch.model}", "dim"))
        seconds = branch.duration_s or self.progress.clock() - branch.started_s
        facts = [f"turn {branch.turns}"] if branch.turns and not branch.outcome else []
        facts += ["asks again"] if branch.trouble and not branch.outcome else []
        facts += [f"{branch.outcome}"] if branch.outcome not in ("", "completed") else []
        return left, Text(" · ".join([*facts, f"{seconds:.1f} s"]), "dim")

    def _run_mark(self, branch: Branch) -> tuple[str, str]:
        if not branch.outcome:
            return self._spin(), "cyan"
        mark, style = _MARKS["ok" if branch.outcome == "completed" else "error"]
        return f"{mark} ", style

    def _spin(self) -> str:
        frame = "·" if self._is_over else self._spinner.render(self.progress.clock())
        return f"{frame} "

    def _below(self, branch: Branch, indent: str, room: int, width: int) -> list[tuple[Text, Text]]:
        shown, hidden = _fit(list(branch.calls.values()), room)
        rows: list[tuple[Text, Text]] = []
        if hidden:
            rows.append((Text(f"{indent}  ├ {_summary(hidden)}", "dim"), Text("")))
        for place, call in enumerate(shown):
            is_last = place == len(shown) - 1
            opened = call.child if call.state == "running" and len(shown) * 3 <= room else None
            doing = _doing(call.child) if call.child and not (opened and opened.calls) else ""
            rows.append(self._call(call, branch.arguments(call), doing, f"{indent}  {'└' if is_last else '├'} ", width))
            if opened is not None:
                rows += self._below(opened, indent + ("    " if is_last else "  │ "), 3, width)
        return rows

    def _call(self, call: Call, arguments: str, doing: str, stem: str, width: int) -> tuple[Text, Text]:
        running = call.state == "running"
        mark, style = (self._spin(), "cyan") if running else _marked(call.state)
        left = Text.assemble((stem, "dim"), (mark, style), (call.name, "bold" if call.is_agent else ""))
        detail = call.message or " · ".join(filter(None, (arguments, doing if running else "")))
        left.append(f"  {one_line(detail, width)}", "red" if call.state == "error" else "dim")
        seconds = self.progress.clock() - call.started_s if running else call.duration_s
        return left, Text.assemble((f"{call.brought}  " if call.brought else "", ""), (f"{seconds:.1f} s", "dim"))


def _marked(state: str) -> tuple[str, str]:
    mark, style = _MARKS[state]
    return f"{mark} ", style


def _doing(branch: Branch) -> str:
    running = [call for call in branch.calls.values() if call.state == "running"]
    if running:
        return f"{running[-1].name}  {branch.arguments(running[-1])}"
    return branch.trouble or branch.text[-200:]


def _fit(calls: list[Call], room: int) -> tuple[list[Call], list[Call]]:
    """The calls to show, in order, and those for which there is no room: the oldest finished ones first."""
    if len(calls) <= room:
        return calls, []
    finished = [call for call in calls if call.state == "ok"]
    hidden = finished[: len(calls) - room + 1] or calls[: len(calls) - room + 1]
    shown = [call for call in calls if not any(call is other for other in hidden)]
    overflow = max(0, len(shown) - (room - 1))
    return shown[overflow:], hidden + shown[:overflow]


def _summary(calls: list[Call]) -> str:
    names = sorted({call.name for call in calls})
    done = sum(call.state != "running" for call in calls)
    state = "done" if done == len(calls) else f"{done} done"
    return f"{len(calls):,}x {', '.join(names)}, {state}"

"""Render the tree of a run in a limited number of lines: failed and running calls are shown before finished ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from agentkit.budget.usage import usd_text
from agentkit.cli.terminal.progress import CallNode, RunNode
from agentkit.cli.terminal.text import brief_count, text_tail
from agentkit.messages.printable import one_line

_MAX_UNGROUPED = 3
"""The number of calls of one tool that are shown one by one even when lines are scarce."""
_MIN_ARGUMENT_CHARS = 20
"""Characters kept of a call's arguments when its activity needs the room."""
_SHOW_ORDER = ("failed", "running", "waiting", "done")
"""States in the order in which calls are shown when lines are scarce."""
_EXPAND_ORDER = ("running", "failed", "waiting", "done")
"""States in the order in which calls are expanded when lines are scarce."""


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree: a run, a call, or a group of calls."""

    state: str
    """`running`, `waiting`, `done` or `failed`; empty for lines that only count others."""
    name: str
    facts: str = ""
    """The arguments of a call, the counts by state of a group, or turn, model and outcome of the root."""
    activity: str = ""
    """The current activity, the latest text, or the error."""
    tokens: int = 0
    """Prompt and output tokens of an agent's run and all runs below it."""
    usd: float | None = 0.0
    """The cost of `tokens` in US dollars. None: not known."""
    duration_s: float | None = None
    """None: the column stays empty."""
    is_agent: bool = False
    stem: str = ""
    """The indentation and branch characters before the line."""

    def detail_text(self, max_chars: int) -> str:
        """Return facts and activity in at most so many characters; the facts are shortened first."""
        if not (self.facts and self.activity):
            return one_line(self.facts or self.activity, max_chars)
        left = max(_MIN_ARGUMENT_CHARS, max_chars - len(self.activity) - 3)
        return one_line(f"{one_line(self.facts, left)} · {self.activity}", max_chars)

    def usage_columns(self, *, is_narrow: bool = False) -> str:
        """Return time, tokens and cost in columns. Missing values are omitted at the left, and blank at the right.

        Of the narrow columns the time is the only one.
        """
        time = "" if self.duration_s is None else f"{self.duration_s:.1f} s"
        if is_narrow:
            return f"{time:>7}" if time else ""
        spent = f" {brief_count(self.tokens):>6} {_format_usd(self.usd):>8}" if self.tokens else " " * 16
        return f"{time:>7}{spent}" if time else spent.lstrip()


def column_header(*, is_narrow: bool = False) -> str:
    """Return the heading of the columns."""
    return f"{'time':>7}" if is_narrow else f"{'time':>7} {'tokens':>6} {'cost':>8}"


@dataclass(slots=True)
class _TreeItem:
    """A line that may be shown, with the items below it."""

    states: list[str]
    """The state of the call, or the states of all calls in the group."""
    make_line: Callable[[], TreeLine]
    """Called only for items that are shown: comparing arguments with those of all other calls is expensive."""
    children: list[_TreeItem] = field(default_factory=list["_TreeItem"])
    is_group: bool = False
    """True if the line counts the items below it."""

    @property
    def state(self) -> str:
        """The most urgent of the states."""
        return min(self.states, key=_SHOW_ORDER.index)

    def row_count(self) -> int:
        """Return the number of lines for the item and all below it."""
        return 1 + sum(item.row_count() for item in self.children)


def tree_lines(root: RunNode, max_lines: int, now: float) -> list[TreeLine]:
    """Return the line of the root and at most `max_lines` lines below it.

    Args:
        root: The root of the tree of runs.
        max_lines: The number of lines below the root's.
        now: The time, by the clock of the tree.
    """
    seconds = root.duration_s or now - root.started_s
    tokens, usd = root.tokens_and_cost()
    facts = [f"turn {root.turns}"] if root.turns and not root.outcome else []
    facts += [root.model]
    facts += [root.outcome] if root.outcome not in ("", "completed") else []
    says = "" if root.outcome else root.retry_reason or text_tail(root.turn_text or root.previous_text)
    head = TreeLine(run_state(root), root.agent, " · ".join(facts), says, tokens, usd, seconds, is_agent=True)
    return [head, *_render_items(_tree_items(root, now, max_lines), max_lines, "  ")]


def run_state(node: RunNode) -> str:
    """Return the state of a run: `running`, `done` or `failed`."""
    if not node.outcome:
        return "running"
    return "done" if node.outcome == "completed" else "failed"


def state_counts(states: Sequence[str]) -> str:
    """Return the number of calls by state: `200 done, 10 running, 2 failed`. Waiting ones are not counted."""
    named = ((state, states.count(state)) for state in ("done", "running", "failed"))
    return ", ".join(f"{count:,} {state}" for state, count in named if count) or "waiting"


def _tree_items(node: RunNode, now: float, max_lines: int) -> list[_TreeItem]:
    """Return the calls of a run as items; if they exceed `max_lines`, many calls of one tool become one item."""
    calls = list(node.calls.values())
    by_name: dict[str, list[CallNode]] = {}
    for call in calls:
        by_name.setdefault(call.name, []).append(call)
    if len(calls) <= max_lines:
        return [_call_item(node, call, now) for call in calls]
    items: list[_TreeItem] = []
    for name, same in by_name.items():
        together = len(same) > _MAX_UNGROUPED
        own = [_call_item(node, call, now, is_named=not together) for call in same]
        items += [_group_item(name, same, own)] if together else own
    return items


def _call_item(node: RunNode, call: CallNode, now: float, *, is_named: bool = True) -> _TreeItem:
    state = "done" if call.state == "ok" else "failed" if call.state == "error" else "running"
    if state == "running" and call.is_agent and call.child is None:
        state = "waiting"

    def make_line() -> TreeLine:
        child = call.child
        tokens, usd = child.tokens_and_cost() if child else (0, 0.0)
        began_s = child.started_s if child else call.started_s
        seconds = now - began_s if state == "running" else None if state == "waiting" else call.duration_s
        arguments, name = node.distinct_arguments(call), call.name if is_named else ""
        return TreeLine(state, name, arguments, _call_activity(call), tokens, usd, seconds, call.is_agent)

    return _TreeItem([state], make_line, [] if call.child is None else _tree_items(call.child, now, _MAX_UNGROUPED))


def _group_item(name: str, calls: list[CallNode], own: list[_TreeItem]) -> _TreeItem:
    states = [item.state for item in own]

    def make_line() -> TreeLine:
        spent = [call.child.tokens_and_cost() for call in calls if call.child]
        usd = None if any(usd is None for _, usd in spent) else sum(usd or 0.0 for _, usd in spent)
        return TreeLine("", f"{name} x {len(own):,}", state_counts(states), "", sum(tokens for tokens, _ in spent), usd)

    return _TreeItem(states, make_line, own, is_group=True)


def _call_activity(call: CallNode) -> str:
    """Return the current activity of a call, or its result."""
    child = call.child
    if call.state == "error" and child is not None and child.outcome:
        return f"{child.outcome}: {child.reason}"
    if call.state != "running" or child is None:
        return call.message or call.result_summary
    running = [inner for inner in child.calls.values() if inner.state == "running"]
    if running and not child.retry_reason:
        return f"{running[-1].name} {child.distinct_arguments(running[-1])}"
    return child.retry_reason or text_tail(child.turn_text or child.previous_text)


def _render_items(items: list[_TreeItem], max_lines: int, stem: str, *, is_group: bool = False) -> list[TreeLine]:
    """Return at most `max_lines` lines for the items in their order, each followed by those below it."""
    shown, hidden = _split_by_urgency(items, max_lines, is_group=is_group)
    lines: list[TreeLine] = []
    if hidden and not is_group:
        counts = state_counts([state for item in hidden for state in item.states])
        lines.append(TreeLine("", f"{len(hidden):,} more", counts, stem=f"{stem}├ "))
    spare = max_lines - len(lines) - len(shown)
    grants = _lines_for_children(shown, spare)
    for place, item in enumerate(shown):
        is_last = place == len(shown) - 1
        lines.append(replace(item.make_line(), stem=f"{stem}{'└' if is_last else '├'} "))
        if grants[id(item)]:
            below = stem + ("  " if is_last else "│ ")
            lines += _render_items(item.children, grants[id(item)], below, is_group=item.is_group)
    return lines


def _split_by_urgency(
    items: list[_TreeItem], max_lines: int, *, is_group: bool
) -> tuple[list[_TreeItem], list[_TreeItem]]:
    """Split items into those to show and those to hide. Finished ones are hidden first, the oldest of them first."""
    if len(items) <= max_lines:
        return items, []
    by_urgency = sorted(range(len(items)), key=lambda place: (_SHOW_ORDER.index(items[place].state), -place))
    kept = set(by_urgency[: max_lines if is_group else max_lines - 1])
    shown = [item for place, item in enumerate(items) if place in kept]
    return shown, [item for place, item in enumerate(items) if place not in kept]


def _lines_for_children(shown: list[_TreeItem], spare_lines: int) -> dict[int, int]:
    """Return the number of lines for the items below each item, by the item's id().

    Lines go to running items first, then to failed, waiting and finished ones, in equal parts within a state. A group
    gets lines for calls that are not done first, and for finished ones only if lines are left.
    """
    grants = {id(item): 0 for item in shown}
    opened = sorted((item for item in shown if item.children), key=lambda item: _EXPAND_ORDER.index(item.state))
    for place, item in enumerate(opened):
        equals = sum(other.state == item.state for other in opened[place:])
        fair = -(-spare_lines // equals)
        wanted = sum(state != "done" for state in item.states) if item.is_group else item.row_count() - 1
        grants[id(item)] = grant = min(wanted, fair) if wanted <= fair or fair > 1 else 0
        spare_lines -= grant
    for item in opened:
        more = min(spare_lines, len(item.children) - grants[id(item)]) if item.is_group else 0
        grants[id(item)] += more
        spare_lines -= more
    return grants


def _format_usd(usd: float | None) -> str:
    return "$ ?" if usd is None else usd_text(usd, digits=1) if usd < 100 else f"${usd:,.0f}"

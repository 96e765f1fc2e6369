"""Render the tree of a run in a limited number of lines: failed and running calls are shown before finished ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from agentkit.cli.terminal.progress import Branch, Call
from agentkit.cli.terminal.text import brief_count, last_words, one_line

_ALIKE = 3
"""The number of calls of one tool that are shown one by one even when lines are scarce."""
_GLANCE = 20
"""Characters kept of a call's arguments when its activity needs the room."""
_ORDER = ("failed", "running", "waiting", "done")
"""States in the order in which calls are shown when lines are scarce."""
_OPENED = ("running", "failed", "waiting", "done")
"""States in the order in which calls are expanded when lines are scarce."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree: a run, a call, or a group of calls."""

    state: str
    """`running`, `waiting`, `done` or `failed`; empty for lines that only count others."""
    name: str
    asked: str = ""
    """The arguments of a call, the counts by state of a group, or turn, model and outcome of the root."""
    says: str = ""
    """The current activity, the latest text, or the error."""
    tokens: int = 0
    """Prompt and output tokens of an agent's run and all runs below it."""
    usd: float | None = 0.0
    """The cost of `tokens` in US dollars. None: not known."""
    seconds: float | None = None
    """None: the column stays empty."""
    is_agent: bool = False
    stem: str = ""
    """The indentation and branch characters before the line."""

    def detail(self, room: int) -> str:
        """Return facts and activity in at most so many characters; the facts are shortened first."""
        if not (self.asked and self.says):
            return one_line(self.asked or self.says, room)
        left = max(_GLANCE, room - len(self.says) - 3)
        return one_line(f"{one_line(self.asked, left)} · {self.says}", room)

    def took(self) -> str:
        """Return time, tokens and cost in columns. Missing values are omitted at the left, and blank at the right."""
        time = "" if self.seconds is None else f"{self.seconds:.1f} s"
        spent = f" {brief_count(self.tokens):>6} {_money(self.usd):>8}" if self.tokens else " " * 16
        return f"{time:>7}{spent}" if time else spent.lstrip()


HEADER = f"{'time':>7} {'tokens':>6} {'cost':>8}"
"""The heading of the columns."""


@dataclass(slots=True)
class _Item:
    """A line that may be shown, with the items below it."""

    states: list[str]
    """The state of the call, or the states of all calls in the group."""
    line: Callable[[], Line]
    """Called only for items that are shown: comparing arguments with those of all other calls is expensive."""
    inside: list[_Item] = field(default_factory=list["_Item"])
    is_counted: bool = False
    """True if the line counts the items below it."""

    @property
    def state(self) -> str:
        """The most urgent of the states."""
        return min(self.states, key=_ORDER.index)

    def rows(self) -> int:
        """Return the number of lines for the item and all below it."""
        return 1 + sum(item.rows() for item in self.inside)


def tree_lines(root: Branch, room: int, now: float) -> list[Line]:
    """Return the line of the root and at most `max_lines` lines below it.

    Args:
        root: The root of the tree of runs.
        max_lines: The number of lines below the root's.
        now: The time, by the clock of the tree.
    """
    seconds = root.duration_s or now - root.started_s
    tokens, usd = root.spent()
    facts = [f"turn {root.turns}"] if root.turns and not root.outcome else []
    facts += [root.model]
    facts += [root.outcome] if root.outcome not in ("", "completed") else []
    says = "" if root.outcome else root.trouble or last_words(root.text or root.said)
    head = Line(state_of(root), root.agent, " · ".join(facts), says, tokens, usd, seconds, is_agent=True)
    return [head, *_drawn(_items(root, now, room), room, "  ")]


def state_of(branch: Branch) -> str:
    """Return the state of a run: `running`, `done` or `failed`."""
    if not branch.outcome:
        return "running"
    return "done" if branch.outcome == "completed" else "failed"


def counts_of(states: Sequence[str]) -> str:
    """Return the number of calls by state: `200 done, 10 running, 2 failed`. Waiting ones are not counted."""
    named = ((state, states.count(state)) for state in ("done", "running", "failed"))
    return ", ".join(f"{count:,} {state}" for state, count in named if count) or "waiting"


def _items(branch: Branch, now: float, room: int) -> list[_Item]:
    """Return the calls of a run as items; if they exceed `max_lines`, many calls of one tool become one item."""
    calls = list(branch.calls.values())
    by_name: dict[str, list[Call]] = {}
    for call in calls:
        by_name.setdefault(call.name, []).append(call)
    if len(calls) <= room:
        return [_of_call(branch, call, now) for call in calls]
    items: list[_Item] = []
    for name, same in by_name.items():
        together = len(same) > _ALIKE
        own = [_of_call(branch, call, now, is_named=not together) for call in same]
        items += [_of_many(name, same, own)] if together else own
    return items


def _of_call(branch: Branch, call: Call, now: float, *, is_named: bool = True) -> _Item:
    state = "done" if call.state == "ok" else "failed" if call.state == "error" else "running"
    if state == "running" and call.is_agent and call.child is None:
        state = "waiting"

    def line() -> Line:
        child = call.child
        tokens, usd = child.spent() if child else (0, 0.0)
        began_s = child.started_s if child else call.started_s
        seconds = now - began_s if state == "running" else None if state == "waiting" else call.duration_s
        asked, name = branch.arguments(call), call.name if is_named else ""
        return Line(state, name, asked, _says(call), tokens, usd, seconds, call.is_agent)

    return _Item([state], line, [] if call.child is None else _items(call.child, now, _ALIKE))


def _of_many(name: str, calls: list[Call], own: list[_Item]) -> _Item:
    states = [item.state for item in own]

    def line() -> Line:
        spent = [call.child.spent() for call in calls if call.child]
        usd = None if any(usd is None for _, usd in spent) else sum(usd or 0.0 for _, usd in spent)
        return Line("", f"{name} x {len(own):,}", counts_of(states), "", sum(tokens for tokens, _ in spent), usd)

    return _Item(states, line, own, is_counted=True)


def _says(call: Call) -> str:
    """Return the current activity of a call, or its result."""
    child = call.child
    if call.state == "error" and child is not None and child.outcome:
        return f"{child.outcome}: {child.reason}"
    if call.state != "running" or child is None:
        return call.message or call.brought
    running = [inner for inner in child.calls.values() if inner.state == "running"]
    if running and not child.trouble:
        return f"{running[-1].name} {child.arguments(running[-1])}"
    return child.trouble or last_words(child.text or child.said)


def _drawn(items: list[_Item], room: int, stem: str, *, is_counted: bool = False) -> list[Line]:
    """Return at most `max_lines` lines for the items in their order, each followed by those below it."""
    shown, hidden = _chosen(items, room, is_counted=is_counted)
    lines: list[Line] = []
    if hidden and not is_counted:
        counts = counts_of([state for item in hidden for state in item.states])
        lines.append(Line("", f"{len(hidden):,} more", counts, stem=f"{stem}├ "))
    spare = room - len(lines) - len(shown)
    grants = _granted(shown, spare)
    for place, item in enumerate(shown):
        is_last = place == len(shown) - 1
        lines.append(replace(item.line(), stem=f"{stem}{'└' if is_last else '├'} "))
        if grants[id(item)]:
            below = stem + ("  " if is_last else "│ ")
            lines += _drawn(item.inside, grants[id(item)], below, is_counted=item.is_counted)
    return lines


def _chosen(items: list[_Item], room: int, *, is_counted: bool) -> tuple[list[_Item], list[_Item]]:
    """Split items into those to show and those to hide. Finished ones are hidden first, the oldest of them first."""
    if len(items) <= room:
        return items, []
    by_urgency = sorted(range(len(items)), key=lambda place: (_ORDER.index(items[place].state), -place))
    kept = set(by_urgency[: room if is_counted else room - 1])
    shown = [item for place, item in enumerate(items) if place in kept]
    return shown, [item for place, item in enumerate(items) if place not in kept]


def _granted(shown: list[_Item], spare: int) -> dict[int, int]:
    """Return the number of lines for the items below each item, by the item's id().

    Lines go to running items first, then to failed, waiting and finished ones, in equal parts within a state. A group
    gets lines for calls that are not done first, and for finished ones only if lines are left.
    """
    grants = {id(item): 0 for item in shown}
    opened = sorted((item for item in shown if item.inside), key=lambda item: _OPENED.index(item.state))
    for place, item in enumerate(opened):
        equals = sum(other.state == item.state for other in opened[place:])
        fair = -(-spare // equals)
        wanted = sum(state != "done" for state in item.states) if item.is_counted else item.rows() - 1
        grants[id(item)] = grant = min(wanted, fair) if wanted <= fair or fair > 1 else 0
        spare -= grant
    for item in opened:
        more = min(spare, len(item.inside) - grants[id(item)]) if item.is_counted else 0
        grants[id(item)] += more
        spare -= more
    return grants


def _money(usd: float | None) -> str:
    return "$ ?" if usd is None else f"${usd:.4f}" if usd < 100 else f"${usd:,.0f}"

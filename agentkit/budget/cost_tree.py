"""The cost of a run and its sub-agents, as a tree in which every number is the sum of those below it.

```
a run               an agent, its outcome
  its own charges   a model, and if its requests were `completed`, or `aborted` and so estimated
    their classes   input, cache read, cache write 5m, cache write 1h, output, web search
  a tool            through which it delegated
    the runs        of the sub-agents behind it
```
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Literal, TypeAlias

from agentkit.budget.usage import Cost, Usage, usd_decimals

if TYPE_CHECKING:
    from agentkit.budget.charges import Charge
    from agentkit.messages.message import JSONObject

Kind: TypeAlias = Literal["run", "model", "class", "tool"]
"""The kind of a line of the tree."""

_WIDTH_COLUMNS = 80
_SMALL_USD = 0.1
"""US dollars. A tree that cost less is shown with two more decimals."""
_OPENED_SHARE = 0.01
"""A line with a smaller share of the cost is drawn without its parts."""
_SUMMED_KINDS: tuple[Literal["model", "class"], ...] = ("model", "class")


@dataclass(frozen=True, slots=True)
class CostTree:
    """One line of a cost tree with all lines below it. `str()` draws it in 80 columns, with like parts merged."""

    kind: Kind
    """The kind of the line: a run, a model, a token class, a tool."""
    name: str
    """The agent of a run; the model, class or tool."""
    cost: Cost
    """The sum of the parts; `estimated_usd` is the part of it that is our estimate."""
    usage: Usage
    """The sum of the parts. Requests are counted by model, so a class has none."""
    outcome: str = ""
    """The outcome of the run; of a model, `completed` or `aborted`. Empty for a class or a tool."""
    note: str = ""
    """A remark. Of a model, the prompts for which it has this price. Empty: none."""
    run_id: str = ""
    """The run's id. Empty for other kinds and for merged runs."""
    count: int = 1
    """The number of lines that are merged into this one."""
    parts: tuple[CostTree, ...] = ()
    """The lines below, the most expensive first."""

    def to_json(self) -> JSONObject:
        """Return the tree as JSON; empty fields are left out."""
        used = {name: count for name, count in self.usage.to_json().items() if count}
        facts = {"outcome": self.outcome, "note": self.note, "run_id": self.run_id}
        return {
            "kind": self.kind,
            "name": self.name,
            **{name: fact for name, fact in facts.items() if fact},
            **({"count": self.count} if self.count > 1 else {}),
            "usd": self.cost.usd,
            "estimated_usd": self.cost.estimated_usd,
            "usage": used,
            "parts": [part.to_json() for part in self.parts],
        }

    def walk(self) -> Iterator[CostTree]:
        """Yield this line and all below it, each before its parts."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def by(self, kind: Literal["model", "class"]) -> dict[str, Cost]:
        """Return the cost of each model, or of each token class, in the whole tree; they add up to the tree's cost.

        Args:
            kind: `model` or `class`.
        """
        sums: dict[str, Cost] = {}
        for line in self.walk():
            if line.kind == kind:
                sums[line.name] = sums.get(line.name, Cost()) + line.cost
        return dict(sorted(sums.items(), key=lambda item: _cost_sort_key(item[1])))

    def folded(self) -> CostTree:
        """Return the tree with like parts merged: `reader x 200` instead of two hundred lines."""
        alike: dict[tuple[str, ...], list[CostTree]] = {}
        for part in self.parts:
            alike.setdefault((part.kind, part.name, part.outcome, part.note), []).append(part)
        return replace(self, parts=_sort_lines(_merge_lines(lines).folded() for lines in alike.values()))

    def __str__(self) -> str:
        return _draw_tree(self.folded())


def run_cost_tree(
    agent: str, run_id: str, outcome: str, charges: Iterable[Charge], children: Iterable[tuple[str, CostTree]]
) -> CostTree:
    """Build the cost tree of a run from its own charges and the trees of its children.

    Args:
        children: The trees of the sub-agents' runs, each with the name of the tool that started it.
    """
    by_tool: dict[str, list[CostTree]] = {}
    for tool, child in children:
        by_tool.setdefault(tool, []).append(child)
    parts = [*map(_charge_line, charges), *(_sum_line("tool", tool, runs) for tool, runs in by_tool.items())]
    return replace(_sum_line("run", agent, parts), outcome=outcome, run_id=run_id)


def _charge_line(charge: Charge) -> CostTree:
    over = charge.price.prompts_over if charge.price else 0
    classes = _sort_lines(CostTree("class", name, cost, usage) for name, usage, cost in charge.by_class())
    return CostTree(
        "model",
        charge.model,
        reduce(operator.add, (part.cost for part in classes), Cost()),
        charge.usage,
        outcome="aborted" if charge.is_estimated else "completed",
        note=f"prompts over {over:,} tokens" if over else "",
        parts=classes,
    )


def _sum_line(kind: Kind, name: str, parts: Iterable[CostTree]) -> CostTree:
    parts = _sort_lines(parts)
    cost = reduce(operator.add, (part.cost for part in parts), Cost())
    return CostTree(kind, name, cost, sum((part.usage for part in parts), Usage()), parts=parts)


def _merge_lines(lines: list[CostTree]) -> CostTree:
    """Merge lines of the same kind and name into one that has the parts of all."""
    if len(lines) == 1:
        return lines[0]
    return replace(
        lines[0],
        cost=reduce(operator.add, (line.cost for line in lines), Cost()),
        usage=sum((line.usage for line in lines), Usage()),
        run_id="",
        count=sum(line.count for line in lines),
        parts=tuple(part for line in lines for part in line.parts),
    )


def _sort_lines(lines: Iterable[CostTree]) -> tuple[CostTree, ...]:
    return tuple(sorted(lines, key=lambda line: _cost_sort_key(line.cost)))


def _cost_sort_key(cost: Cost) -> float:
    return float("-inf") if cost.usd is None else -cost.usd


# -- as text -------------------------------------------------------------------------------------------------------


def _draw_tree(tree: CostTree) -> str:
    """Draw the tree: cost, share and text of each line; below a tree with sub-agents, sums by model and class."""
    rows = [(line.cost, words) for line, words in _tree_rows(tree, tree.cost.usd or 0.0, "", "")]
    blocks = [rows]
    if any(part.kind == "tool" for part in tree.parts):
        blocks += [[(cost, f"{name}, all together") for name, cost in tree.by(kind).items()] for kind in _SUMMED_KINDS]
    amounts = [cost.usd for block in blocks for cost, _ in block if cost.usd]
    least = 4 if (tree.cost.usd or 0.0) >= _SMALL_USD else 6
    decimals = max([least, *(usd_decimals(usd, digits=1) for usd in amounts)])
    width = max(len(_cost_text(cost, decimals)) for block in blocks for cost, _ in block)
    lines = [
        "\n".join(
            f"{_cost_text(cost, decimals):>{width}} {_share_text(cost, tree.cost):>5}  {words}"[:_WIDTH_COLUMNS]
            for cost, words in block
        )
        for block in blocks
    ]
    if tree.cost.estimated_usd:
        lines.append(
            f"~ estimated in part: {_count_text(tree.usage.aborted_requests, 'reply', 'replies')} broke off unfinished"
        )
    return "\n\n".join(lines)


def _tree_rows(line: CostTree, total: float, stem: str, below: str) -> Iterator[tuple[CostTree, str]]:
    """Yield each line with its branch and text; the parts of a line with a tiny share are not shown.

    A tool whose only part has its own name is replaced by that part.
    """
    only = line.parts[0] if line.kind == "tool" and len(line.parts) == 1 else line
    line = only if only.name == line.name else line
    yield line, f"{stem}{_line_text(line)}"
    if line.cost.usd is not None and line.cost.usd < _OPENED_SHARE * total:
        return
    for place, part in enumerate(line.parts, 1):
        is_last = place == len(line.parts)
        yield from _tree_rows(part, total, below + ("└ " if is_last else "├ "), below + ("  " if is_last else "│ "))


def _line_text(line: CostTree) -> str:
    used = line.usage
    match line.kind:
        case "run":
            times = f" x {line.count:,}" if line.count > 1 else ""
            return f"{line.name}{times}: {line.outcome}, {_count_text(used.requests, 'request')}"
        case "tool":
            return f"{line.name}: {_count_text(sum(part.count for part in line.parts), 'run')}"
        case "model":
            what = _count_text(used.requests, "request") if used.requests else f"{used.aborted_requests:,} aborted"
            return ", ".join(filter(None, (f"{line.name}: {what}", line.note)))
        case "class":
            count = used.prompt_tokens + used.output_tokens
            return f"{line.name}: {_count_text(count, 'token') if count else f'{used.web_searches:,}'}"


def _cost_text(cost: Cost, decimals: int) -> str:
    if cost.usd is None:
        return "unknown"
    return f"{'~' if cost.estimated_usd else ''}${cost.usd:,.{decimals}f}"


def _share_text(cost: Cost, total: Cost) -> str:
    if not cost.usd or not total.usd:
        return ""
    share = 100 * cost.usd / total.usd
    return f"{share:.0f}%" if share >= 1 else "<1%"


def _count_text(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"

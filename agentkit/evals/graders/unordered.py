"""The grader of lists and sets whose order does not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydantic_core import from_json, to_json

from agentkit.evals.grade import Grade
from agentkit.evals.graders.outputs import plain_text
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.trial import AnyTrial
    from agentkit.messages.message import JSON

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _SameItems:
    expected: tuple[object, ...]

    def __call__(self, trial: AnyTrial) -> Grade:
        items = _items_of(trial.output)
        if items is None:
            return Grade(passed=False, reason=f"the answer is no list: {trial.output!r}"[:400])
        expected, found = Counter(map(_key, self.expected)), Counter(map(_key, items))
        missing, extra = [*(expected - found).elements()], [*(found - expected).elements()]
        parts = [f"{head} {_listed(some)}" for head, some in (("missing:", missing), ("not expected:", extra)) if some]
        either = (expected | found).total()
        return Grade(not parts, "; ".join(parts), (expected & found).total() / either if either else 1.0)


def same_items(expected: Iterable[object]) -> _SameItems:
    """Return a grader of a list, or a set, whose order does not count; as often as an item is expected, it has to come.

    Items are compared as JSON, texts without regard to case, spaces and a full stop at the end. A text is read as a
    JSON list. The score is the share of common items among all of both.

    Args:
        expected: The expected items.
    """
    return _SameItems(tuple(expected))


def _items_of(output: object) -> list[object] | None:
    if isinstance(output, str):
        try:
            output = from_json(output)
        except ValueError:
            return None
    return [*cast("Iterable[object]", output)] if isinstance(output, list | tuple | Set) else None


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - _MOST_SHOWN} more" if len(items) > _MOST_SHOWN else ""
    return ", ".join(items[:_MOST_SHOWN]) + more


def _key(item: object) -> str:
    return to_json(_without_case(from_json(json_text(item)))).decode()


def _without_case(item: JSON) -> object:
    """Return a value with the names of objects in order, texts as they are compared, and whole numbers of one form."""
    if isinstance(item, str):
        return plain_text(item)
    if isinstance(item, list):
        return [_without_case(one) for one in item]
    if isinstance(item, dict):
        return {name: _without_case(item[name]) for name in sorted(item)}
    return int(item) if isinstance(item, float) and item.is_integer() else item

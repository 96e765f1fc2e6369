"""Battles between two names: rows of plain data, checked, and files of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

Winner: TypeAlias = Literal["a", "b", "tie", "both_bad"]
"""a, b: the first or the second is better. tie: both are as good. both_bad: neither is any good."""
BattleRow: TypeAlias = "Battle | tuple[object, ...]"
"""A `Battle`, or a tuple of its values: `(a, b, winner)`, then a category (text), a weight (number), or both."""

_WINNERS = get_args(Winner)
_PUBLISHED = {
    "model_a": "a",
    "model_b": "b",
    "tie (bothbad)": "both_bad",
    "tie (both bad)": "both_bad",
    "bothbad": "both_bad",
    "both bad": "both_bad",
}


@dataclass(frozen=True, slots=True)
class Battle:
    """One battle. For a judge who saw the answers one after the other, a is the one that was shown first.

    Raises:
        ValueError: It is no battle: a name against itself, an unknown winner, a weight that is not above 0.
    """

    a: str
    """The first name."""
    b: str
    """The second name."""
    winner: Winner
    """The better one, or neither."""
    category: str | None = None
    """The kind of task, for breakdowns."""
    weight: float = 1.0
    """The number of battles that it counts as, above 0."""

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise ValueError(f"{self!r}: a name cannot battle against itself.")
        if self.winner not in _WINNERS:
            raise ValueError(
                f"{self!r}: the winner is 'a' ({self.a} is better), 'b' ({self.b} is better), 'tie' or 'both_bad'."
            )
        if not (self.weight > 0 and math.isfinite(self.weight)):
            raise ValueError(f"{self!r}: the weight has to be a number above 0; leave out battles that do not count.")

    @property
    def is_tie(self) -> bool:
        """Tells that neither is better: as good, or as bad."""
        return self.winner in {"tie", "both_bad"}


def as_battles(rows: Iterable[BattleRow]) -> list[Battle]:
    """Return rows as battles.

    Args:
        rows: Battles, or tuples `(a, b, winner)` with a category, a weight, or both behind.

    Raises:
        ValueError: A row is no battle; its number is named, the first has 1.
    """
    return [row if isinstance(row, Battle) else _parse(row, number) for number, row in enumerate(rows, 1)]


def read_battles(path: str | Path) -> list[Battle]:
    """Return the battles of a file of JSON lines, such as those that public arenas publish.

    A line is an object with `a`, `b` and `winner`, and `category` and `weight` where given. As published, the names may
    be `model_a` and `model_b`, and the winners `model_a`, `model_b` and `tie (bothbad)`. Other keys are left aside.

    Args:
        path: The file.

    Raises:
        ValueError: A line is no battle; its number is named.
    """
    with Path(path).open(encoding="utf-8-sig") as lines:
        return list(_read(lines, str(path)))


def write_battles(path: str | Path, battles: Iterable[BattleRow]) -> None:
    """Write battles to a file of JSON lines, which `read_battles` reads.

    Args:
        path: The file; it is replaced.
        battles: The battles.
    """
    lines = [json.dumps(asdict(battle), ensure_ascii=False) + "\n" for battle in as_battles(battles)]
    Path(path).write_text("".join(lines), encoding="utf-8")


def _parse(row: tuple[object, ...], number: int) -> Battle:
    match row:
        case (str(a), str(b), winner):
            category, weight = None, 1.0
        case (str(a), str(b), winner, (str() | None) as category):
            weight = 1.0
        case (str(a), str(b), winner, (int() | float()) as weight):
            category = None
        case (str(a), str(b), winner, (str() | None) as category, (int() | float()) as weight):
            pass
        case _:
            raise ValueError(
                f"Battle {number} is {row!r}: a row is (name, name, winner), then a category, a weight or both."
            )
    try:
        return Battle(a, b, cast("Winner", winner), category, float(weight))
    except ValueError as error:
        raise ValueError(f"Battle {number}: {error}") from None


def _read(lines: Iterable[str], path: str) -> Iterator[Battle]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _battle_of(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            said = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{path}, line {number}: {said}") from None


def _battle_of(value: object) -> Battle:
    if not isinstance(value, Mapping):
        raise TypeError("a battle is a JSON object with a, b and winner.")
    fields = cast("Mapping[str, object]", value)
    a, b, said = (fields[key] for key in (("model_a", "model_b") if "model_a" in fields else ("a", "b")) + ("winner",))
    if not (isinstance(a, str) and isinstance(b, str)):
        raise TypeError("the names of a battle are texts.")
    winner = _PUBLISHED.get(str(said), said)
    category, weight = fields.get("category"), fields.get("weight", 1.0)
    if not (category is None or isinstance(category, str)) or not isinstance(weight, int | float):
        raise TypeError("a category is a text, and a weight is a number.")
    return Battle(a, b, cast("Winner", winner), category, float(weight))

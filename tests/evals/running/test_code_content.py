"""The content of code is what it does; what it changes while it runs is seen by how it does so."""

import json
from collections.abc import Callable
from typing import Any

from agentkit.evals.graders import outputs
from agentkit.evals.running.code_content import code_digest, is_followed, mutated_names

COUNTS: dict[str, int] = {}
SEEN: list[str] = []
PRICES = {"tea": 4.0}
total = 0


def buy(item: str) -> float:
    global total  # noqa: PLW0603
    COUNTS[item] = COUNTS.get(item, 0) + 1
    SEEN.append(item)
    total += 1
    return PRICES[item]


class Till:
    def __init__(self) -> None:
        self.start = 1
        self.paid = 0
        self.orders: dict[str, int] = {}
        self.sold: dict[str, int] = {}

    def pay(self, item: str, number: int) -> None:
        self.paid += self.start
        self.orders[item] = number
        self.sold[item] += number


def counting() -> Callable[[int], int]:
    count, rate = 0, 3
    log: list[int] = []

    def times(number: int) -> int:
        nonlocal count
        count += 1
        log.append(number)
        return rate * number

    return times


def test_what_code_changes_is_recognized() -> None:
    assert mutated_names(buy.__code__) == {"COUNTS", "SEEN", "total"}
    assert mutated_names(Till.pay.__code__) == {"paid", "orders", "sold"}
    assert mutated_names(counting().__code__) == {"count", "log"}


def test_layout_and_local_names_are_no_content() -> None:
    def digest(source: str) -> str:
        names: dict[str, Any] = {}
        exec(source, names)
        made: Callable[[int], int] = names["f"]
        return code_digest(made.__code__)

    same = ["def f(x):\n  return x + 1000", "# one\ndef f(y):\n    'Add.'\n    return (\n      y + 1000)"]
    others = ["def f(x):\n  return x + 1001", "def f(x):\n  return x + 1000.0", "def f(x, y=1):\n  return x + 1000"]
    others += [
        "def f(x):\n  return [a for a in x]",
        "def f(x):\n  return [a + 1 for a in x]",
        "def f(x):\n  return x.y",
    ]
    others += ["def f(x):\n  return x in {'ab'}", "def f(x):\n  return x in {'a', 'b'}", "def f(x):\n  return x.z"]
    assert digest(same[0]) == digest(same[1])
    assert len({digest(source) for source in [*same, *others]}) == len(others) + 1


def test_code_of_the_program_and_of_graders_counts_alone() -> None:
    assert is_followed(__name__)
    assert is_followed(outputs.__name__)
    assert not any(map(is_followed, (json.__name__, "pydantic", "agentkit.agents.agent", "agentkit_tools.files")))

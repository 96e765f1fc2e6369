"""A fingerprint differs where something else would be done, and is the same in another process."""

import functools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agentkit import Agent, RunContext, Toolset, tool
from agentkit.evals import called
from agentkit.evals.graders import answers, world_is
from agentkit.evals.running.content import fingerprint


class Size(Enum):
    SMALL = 1
    LARGE = 2


@dataclass
class Shelf:
    items: list[str] = field(default_factory=list[str])

    def count(self) -> int:
        return len(self.items)


class Fuller(Shelf):
    def count(self) -> int:
        return len(self.items) + 1


class Order(BaseModel):
    item: str


class Text:
    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, trial: object) -> bool:
        return self.text in str(trial)


def makes(value: object) -> Callable[[], object]:
    return lambda: value


def above(least: float) -> Callable[[float], bool]:
    return lambda value: value > least


def spoken(ctx: object) -> str:
    return f"Be brief: {ctx is None}."


def tripled(x: float) -> float:
    return x * 3


def rate(x: float) -> float:
    return x * 2


def first(x: float) -> float:
    return rate(x)


DIFFERENT: list[tuple[object, object]] = [
    (1, "1"),
    (1, True),
    (["a", "b"], ["ab"]),
    ({"a": 1}, {"a": 2}),
    ({1, 2}, {1, 3}),
    (Size.SMALL, Size.LARGE),
    (re.compile("a"), re.compile("a", re.IGNORECASE)),
    (functools.partial(rate, 1), functools.partial(rate, 2)),
    (makes(1), makes(2)),
    (makes([1]), makes([2])),
    (makes({"a": Shelf(["x"])}), makes({"a": Shelf(["y"])})),
    (Shelf, Fuller),
    (Shelf(["a"]), Shelf(["b"])),
    (Order(item="a"), Order(item="b")),
    (Text("a"), Text("b")),
    (answers(4.0), answers(5.0)),
    (answers(4.0), world_is(4.0)),
    (called("a", x=above(1)), called("a", x=above(2))),
    (called("a"), called("a").times(1)),
    (called("a", x=...), called("a", x=None)),
    (rate, first),
    (functools.lru_cache(rate), functools.lru_cache(tripled)),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_content_has_another_fingerprint(one: object, other: object) -> None:
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one) != fingerprint(other)


def test_a_function_counts_with_what_it_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(first)
    monkeypatch.setitem(globals(), "rate", tripled)
    assert fingerprint(first) != before


def test_agents_count_with_tools_and_sub_agents() -> None:
    def make(limit: int, **given: Any) -> Agent[Any, Any, Any]:
        @tool
        def find(ctx: RunContext[Shelf], word: str) -> list[str]:
            """Find items."""
            return ctx.deps.items[:limit]

        reader = Agent("reader", model="m", tools=[Toolset("shelf", [find])])
        options: dict[str, Any] = {"model": "m", "tools": [reader.as_tool()], **given}
        return Agent("lead", **options)

    base = fingerprint(make(1))
    assert fingerprint(make(1)) == base
    changed: list[dict[str, Any]] = [
        {"model": "n"},
        {"instructions": "x"},
        {"instructions": spoken},
        {"output": int},
        {"max_turns": 3},
        {"verify": above},
    ]
    prints = {fingerprint(make(1, **given)) for given in changed} | {fingerprint(make(2)), base}
    assert len(prints) == len(changed) + 2
    pipelines = [makes(make(1)), makes(make(1)), makes(make(2))]
    assert [fingerprint(one) == fingerprint(pipelines[0]) for one in pipelines] == [True, True, False]


def test_circles_and_deep_values_end() -> None:
    circle: list[object] = []
    circle.append(circle)
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert fingerprint(circle)
    assert fingerprint(deep)


def test_another_process_finds_the_same() -> None:
    program = "from tests.evals.running.test_content import *; print(fingerprint(DIFFERENT))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == fingerprint(DIFFERENT)

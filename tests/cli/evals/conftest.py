"""What the tests of `eval` and `compare` share: a folder with a suite, and no credentials."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import pytest

SUITE = """
from agentkit import Agent
from agentkit.evals import Case, Suite, Task

CASES = [Case(f"What is {n} plus {n}?", output=2 * n, name=f"sum {n}", category="even" if n % 2 == 0 else "odd",
              tags=["small"] if n < 3 else []) for n in range(1, 7)]
CALLS = []

async def right(prompt):
    CALLS.append(prompt)
    return 2 * int(prompt.split()[2])

async def half(prompt):
    number = int(prompt.split()[2])
    return 2 * number if number <= 3 else "I do not know."

async def wrong(prompt):
    return "I do not know."

def broken_grader(trial):
    raise KeyError("tea")

suite = Suite("sums", CASES, agents={"right": right, "half": half, "wrong": wrong})
def made():
    return suite
broken = Suite("broken", [Task("What is 1 plus 1?", graders=[broken_grader])], agents={"right": right})
model = Suite("model", CASES, agent=Agent("adder", model="claude-haiku-5-5"))
async def asks(prompt):
    return (await model.agent.run(prompt)).reason or "It is said."
nothing = 5
"""


@pytest.fixture
def sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """The current folder is one that holds `sums.py`."""
    (tmp_path / "sums.py").write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield tmp_path
    sys.modules.pop("sums", None)

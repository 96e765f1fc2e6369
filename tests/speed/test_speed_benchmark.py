"""The speed benchmark runs, from its first row to its last. How fast anything is, is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)  # a dozen programs start in it, one after another, and each imports a framework

ROOT = Path(__file__).parents[2]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_row_is_measured() -> None:
    table = run("benchmarks.speed.run", "--small", "--no-peers")
    for what in ("CPU of a streamed turn", "growth", "fan-out", "eager", "parallel tools", "memory", "import agentkit"):
        assert what in table, table
    assert "agentkit" in table


def test_every_layer_is_taken_off() -> None:
    table = run("benchmarks.overhead", "--rounds", "1")
    for what in ("with none of it", "as it is, three budgets", "redaction off"):
        assert what in table

"""The speed benchmark runs, from its first row to its last. How fast anything is, is not judged here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.overhead.checkouts import package_of

# A dozen programs start in it, one after another, and each imports a framework.
pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_row_is_measured() -> None:
    table = run("benchmarks.speed.run", "--small", "--no-peers")
    for what in (
        "CPU of a streamed turn",
        "growth",
        "fan-out",
        "eager",
        "parallel tools",
        "memory",
        "on trio",
        "import agentkit",
    ):
        assert what in table, table
    assert "agentkit" in table


def test_every_layer_is_taken_off() -> None:
    table = run("benchmarks.overhead", "--rounds", "1", "--turns", "4")
    for what in ("with none of it", "as it is, three budgets", "redaction off"):
        assert what in table


MORE_CALLS = """

_feed = SSEParser.feed
SSEParser.feed = lambda *given: _feed(*given)
"""


def test_another_checkout_is_measured_beside_this_one(tmp_path: Path) -> None:
    """A copy with one more function around a method that every reply passes: its calls are more."""
    shutil.copytree(ROOT / "agentkit", tmp_path / "agentkit")
    with (tmp_path / "agentkit" / "models" / "sse.py").open("a") as file:
        file.write(MORE_CALLS)
    table = run("benchmarks.overhead", "--rounds", "1", "--turns", "4", "--against", str(tmp_path))
    for row in ("as it is", "as it is, streamed", "as it is, one budget", "as it is, three budgets"):
        line = next(line for line in table.splitlines() if line.startswith(row + "  "))
        *_, own_here, own_there, _, _, _, _ = map(float, line.removeprefix(row).replace("\u00b1", "").split())
        assert own_here + 0.5 < own_there < own_here + 10, table


def test_a_folder_without_agentkit_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        package_of(tmp_path)
    assert (
        caught.value.code == f"--against {tmp_path}: this folder is no checkout of agentkit, for it holds no agentkit/."
    )

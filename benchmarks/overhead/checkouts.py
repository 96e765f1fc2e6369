"""This checkout and another one, measured in turn: each in a process of its own, by the same rows."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import IO

from benchmarks.overhead.rows import PACKAGE, ROWS
from benchmarks.speed.workers import ROOT

PAIRS_A_ROUND = 3
"""Short pairs and many of them, so that what other programs do meanwhile falls on both halves of a pair alike."""


class RowProgram:
    """The program of the rows in a process of its own, with the agentkit of some checkout."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self._stdin, self._stdout = stdin, stdout
        self.package = Path(self._read_line())
        """The folder from which it imports agentkit."""

    def _read_line(self) -> str:
        if not (line := self._stdout.readline()):
            sys.exit("The program of the rows has ended; its error is above.")
        return line.rstrip("\n")

    def _send_order(self, **order: object) -> str:
        self._stdin.write(json.dumps(order) + "\n")
        self._stdin.flush()
        return self._read_line()

    def cpu_us(self, row: str) -> float:
        """Return the CPU time per turn of one conversation, in microseconds."""
        return float(self._send_order(row=row, conversations=1))

    def calls(self, row: str) -> dict[str, float]:
        """Return the Python calls per turn: `own`, those of agentkit's functions, and `all`."""
        found: dict[str, float] = json.loads(self._send_order(row=row))
        return found


@contextmanager
def row_program(package: Path, base_url: str) -> Generator[RowProgram]:
    """Start the program of the rows with this package folder.

    The benchmark itself is that of this checkout: a folder that holds nothing but the package comes before it on the
    path, so that what is measured differs in agentkit alone.
    """
    with TemporaryDirectory() as folder:
        (Path(folder) / "agentkit").symlink_to(package)
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.overhead.rows", base_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                program = RowProgram(process.stdin, process.stdout)
                assert program.package == package, f"{program.package} was imported instead of {package}"
                yield program
            finally:
                process.kill()


@dataclass
class Comparison:
    """The figures of one row: of this checkout first, then of the other."""

    calls: tuple[dict[str, float], dict[str, float]]
    cpu_us: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Pairs that were measured one right after the other."""

    @property
    def ratio(self) -> float:
        """The median of the ratios of the pairs."""
        return median(here / there for here, there in self.cpu_us)

    @property
    def ratio_error(self) -> float:
        """The standard error of `ratio`, estimated from the quartiles of the ratios of the pairs."""
        low, _, high = quantiles(here / there for here, there in self.cpu_us)
        return 0.93 * (high - low) / math.sqrt(len(self.cpu_us))


def package_of(checkout: Path) -> Path:
    """Return the folder of agentkit in a checkout. Exits where there is none."""
    package = (checkout / "agentkit").resolve()
    if not (package / "__init__.py").is_file():
        sys.exit(f"--against {checkout}: this folder is no checkout of agentkit, for it holds no agentkit/.")
    return package


def compare(other: Path, base_url: str, rounds: int) -> dict[str, Comparison]:
    """Measure every row in both packages, in turn."""
    with ExitStack() as stack:
        here, there = (stack.enter_context(row_program(one, base_url)) for one in (PACKAGE.resolve(), other))
        rows = {row: Comparison((here.calls(row), there.calls(row))) for row in ROWS}
        for number in range(rounds):
            names = list(rows)
            random.Random(number).shuffle(names)  # noqa: S311 - so that none always comes behind the same other
            for name in names * PAIRS_A_ROUND:
                is_first = len(rows[name].cpu_us) % 2 == 0
                first, second = (here, there) if is_first else (there, here)
                earlier, later = first.cpu_us(name), second.cpu_us(name)
                rows[name].cpu_us.append((earlier, later) if is_first else (later, earlier))
        return rows


def print_comparison(rows: dict[str, Comparison]) -> None:
    """Print a table: this checkout, the other one, and the ratio, for CPU time and for Python calls."""
    head = f"{'here':>9}{'there':>9}{'ratio':>8}"
    print(f"{'':26}{'us a turn':>26}{'':7}{'calls of agentkit':>26}{'all Python calls':>26}")
    print(f"{'':26}{head}{'':7}{head}{head}")
    for name, row in rows.items():
        least = [min(figures) for figures in zip(*row.cpu_us, strict=True)]
        print(f"{name:26}{least[0]:9.0f}{least[1]:9.0f}{row.ratio:8.3f} ±{row.ratio_error:.3f}", end="")
        for kind in ("own", "all"):
            here, there = (calls[kind] for calls in row.calls)
            print(f"{here:9.1f}{there:9.1f}{here / there:8.3f}", end="")
        print()

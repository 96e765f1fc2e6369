"""The rows as a Markdown page: goals, and all figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.peers.environment import version_of
from benchmarks.speed.bench import Row
from benchmarks.speed.workers import OURS, PEERS, VARIANTS

_HEAD = """# Speed

Written by `make bench` on {date}. {machine}; Python {python}; {versions}.

A canned server on one core, each framework's program on another, in turns; medians over the rounds. In brackets is the
ratio to what the row is measured by: the median of the ratios within the rounds. The replies are some 40 events long
and come in one piece unless a row says otherwise, over plain HTTP on the loopback, so what counts are ratios, not
microseconds. agentkit always streams.
"""


def markdown(rows: Sequence[Row], peers: Path | None) -> str:
    """Return the whole page."""
    head = _HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=_machine(),
        python=platform.python_version(),
        versions=", ".join(_versions(peers)),
    )
    return "\n".join([head, *_goals(rows), "", *_figures(rows), ""])


def _goals(rows: Sequence[Row]) -> list[str]:
    lines = ["## Goals", "", "| what | who | measured by | ratio or value | goal | met |", "|---|---|---|---|---|---|"]
    for row in rows:
        for name, goal in row.goals.items():
            if name in row.ratios:
                ratio = row.ratios[name]
                by = row.by if row.by[0].isalpha() else f"{row.by}" if row.unit == "s" else row.unit
                lines.append(
                    f"| {row.what} | {name} | {by} | {ratio:.3g} | {goal:g} | {'yes' if ratio <= goal else '**no**'} |"
                )
    return lines


def _figures(rows: Sequence[Row]) -> list[str]:
    names = [runner.name for runner in (*OURS, *VARIANTS, *PEERS) if any(runner.name in row.values for row in rows)]
    lines = ["## Figures", "", "An empty cell: the framework did not get to the end, or was not asked.", ""]
    lines += [f"| what | unit | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for row in rows:
        cells = [f"{row.values[name]:.4g} ({row.ratios[name]:.2f})" if name in row.values else "" for name in names]
        lines.append(f"| {row.what} | {row.unit} | {' | '.join(cells)} |")
    return lines


def _machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_info() if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} cores of {model}, {platform.system()}"


def _cpu_info() -> list[str]:
    place = Path("/proc/cpuinfo")
    return place.read_text().splitlines() if place.exists() else []


def _versions(peers: Path | None) -> list[str]:
    ours = [f"{package} {_installed(package)}" for package in ("claude-agentkit", "anthropic", "pydantic", "aiohttp")]
    theirs = [runner.package for runner in PEERS] if peers else []
    found = [f"{package} {version_of(peers, package)}" for package in theirs if peers]
    if peers and (other := version_of(peers, "anthropic")) != _installed("anthropic"):
        found.append(f"the peers on anthropic {other}")
    return [*ours, *found]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

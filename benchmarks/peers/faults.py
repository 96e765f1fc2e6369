"""The same faults for agentkit and for other people's frameworks, judged by what can be seen from the outside.

    python -m benchmarks.peers.faults [--only NAME ...] [--scenario NAME ...] [--show] [--write]

Each framework runs its small program (`programs/faults/`) with its own defaults against a scripted local Messages API
that misbehaves. Prints a table; `--write` puts the frameworks that ran into faults.json and makes FAULTS.md of it,
those that did not run keep the cells that they had.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.environment import DEFAULT_FOLDER, HERE, install, version_of
from benchmarks.peers.faults_table import Cell, Column, page, table
from benchmarks.peers.observation import Observation
from benchmarks.peers.run_program import FRAMEWORKS, Framework, run_program
from benchmarks.peers.scenarios import SCENARIOS, Scenario

_KEPT = HERE / "faults.json"
_PAGE = HERE / "FAULTS.md"


def main() -> int:
    """Run the frameworks and scenarios of the command line; return the exit code."""
    args = _arguments()
    python = install(args.venv)
    frameworks = [each for each in FRAMEWORKS if not args.only or each.name in args.only]
    scenarios = [each for each in SCENARIOS if not args.scenario or each.name in args.scenario]
    columns = {each.name: Column(_version(each, python), f"{datetime.now(UTC):%Y-%m-%d}", {}) for each in frameworks}
    for framework, scenario, seen in _run(frameworks, scenarios, python, args.jobs):
        verdict = scenario.judge(seen)
        columns[framework.name].cells[scenario.name] = Cell(verdict.is_right, verdict.word)
        if args.show:
            print(_format_observation(framework, scenario, seen), file=sys.stderr, flush=True)
    print(table(columns, scenarios))
    if args.write:
        _write(columns)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [framework.name for framework in FRAMEWORKS]
    parser.add_argument("--only", nargs="+", choices=names, help="these frameworks (default: all)")
    parser.add_argument("--scenario", nargs="+", choices=[each.name for each in SCENARIOS], help="these (default: all)")
    parser.add_argument("--show", action="store_true", help="print the observations of each run, to check a verdict")
    parser.add_argument("--write", action="store_true", help="write faults.json and FAULTS.md")
    parser.add_argument("--jobs", type=int, default=3, help="programs at once (default: %(default)s)")
    parser.add_argument(
        "--venv", type=Path, default=DEFAULT_FOLDER, help="where the peers are installed (default: %(default)s)"
    )
    args = parser.parse_args()
    if args.write and args.scenario:
        parser.error("--write wants whole columns: leave --scenario out")
    return args


def _run(
    frameworks: Sequence[Framework], scenarios: Sequence[Scenario], python: Path, jobs: int
) -> Iterator[tuple[Framework, Scenario, Observation]]:
    """Run every framework in every scenario, those that may take long first."""
    pairs = [(framework, scenario) for scenario in scenarios for framework in frameworks]
    pairs.sort(key=lambda pair: -pair[1].bound_s)

    def one(pair: tuple[Framework, Scenario]) -> tuple[Framework, Scenario, Observation]:
        return *pair, run_program(pair[0], python, pair[1])

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, pairs)


def _version(framework: Framework, python: Path) -> str:
    find = version if framework.is_ours else partial(version_of, python)
    return find(framework.package)


def _write(columns: dict[str, Column]) -> None:
    kept = json.loads(_KEPT.read_text()) if _KEPT.exists() else {}
    found = {name: Column.from_json(column) for name, column in kept.items()} | columns
    ordered = {each.name: found[each.name] for each in FRAMEWORKS if each.name in found}
    _KEPT.write_text(json.dumps({name: column.to_json() for name, column in ordered.items()}, indent=1) + "\n")
    _PAGE.write_text(page(ordered))


def _format_observation(framework: Framework, scenario: Scenario, seen: Observation) -> str:
    runs = [f"{run.tool}({json.dumps(run.arguments)[:100]}) {run.end}" for run in seen.runs[:4]]
    results = [f"{'error: ' if result.is_error else ''}{result.text[:200]!r}" for result in seen.results()[:4]]
    lines = [
        f"{scenario.name}, {framework.name}: {scenario.judge(seen)}",
        f"requests: {len(seen.requests)}; refused: {[refusal[:200] for refusal in seen.refusals]}",
        f"tools: {runs}",
        f"results: {results}",
        f"{seen.ending_in_words} in {seen.seconds:.1f} s; answer {seen.answer[:100]!r}, ending {seen.ending!r}",
        f"said: {seen.text[:200]!r}",
        *seen.stderr.strip().splitlines()[-1:],
    ]
    return "\n  ".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""Measure the speed of agentkit beside the official SDK and other people's frameworks.

    python -m benchmarks.speed.run [--write] [--no-peers] [--small] [--only NAME] [--venv FOLDER]

A fast server runs on one core and each framework's program on another, one after the other within each round; the
figures are medians over the rounds, the ratios medians of the ratios within each round. CPU is that of the program's
process, by its own clock. `--small` only shows that everything runs.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from importlib.util import find_spec
from pathlib import Path

from benchmarks.peers.environment import install
from benchmarks.speed.bench import SMALL, Bench, Row, Size, python_of
from benchmarks.speed.report import markdown
from benchmarks.speed.rows import ALL
from benchmarks.speed.workers import HERE, OURS, PEERS, SDK_FAST, VARIANTS, Runner, Worker, cores, server

DEFAULT_FOLDER = Path.home() / ".cache" / "agentkit" / "peers-speed"
RESULTS = HERE.parent / "RESULTS.md"


def measure_rows(size: Size, peers: Path | None, only: str | None) -> list[Row]:
    """Measure all rows, and print each on stderr as soon as it is there."""
    server_core, core = (None, None) if size is SMALL else cores()

    def start(runner: Runner) -> Worker:
        return Worker(runner, python_of(runner, peers), core)

    def fresh(runner: Runner) -> AbstractContextManager[Worker]:
        return nullcontext(workers[runner.name]) if size is SMALL else start(runner)

    runners = [one for one in OURS if find_spec("aiohttp") is not None or one is not SDK_FAST]
    rows: list[Row] = []
    with ExitStack() as stack:
        url, _ = stack.enter_context(server(server_core))
        wanted = [*runners, *VARIANTS, *(PEERS if peers else ())]
        workers = {runner.name: stack.enter_context(start(runner)) for runner in wanted}
        bench = Bench(url, workers, size, fresh)
        for measure in ALL:
            if only is None or only in measure.__name__:
                for row in measure(bench):
                    rows.append(row)
                    print(f"{row.what}: {format_row(row)}", file=sys.stderr, flush=True)
    return rows


def format_row(row: Row) -> str:
    """Format a row as one line."""
    parts = (f"{name} {value:.4g} {row.unit} ({row.ratios[name]:.2f})" for name, value in row.values.items())
    return ", ".join(parts)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} as well")
    parser.add_argument("--no-peers", action="store_true", help="agentkit and the SDK only: nothing is installed")
    parser.add_argument("--small", action="store_true", help="tiny sizes: it shows that everything runs")
    parser.add_argument("--only", metavar="NAME", help="only the questions with this in their name")
    parser.add_argument(
        "--venv", type=Path, default=DEFAULT_FOLDER, help="where the peers are installed (default: %(default)s)"
    )
    given = parser.parse_args()
    peers = None if given.no_peers else install(given.venv, HERE / "requirements.txt")
    text = markdown(measure_rows(SMALL if given.small else Size(), peers, given.only), peers)
    print(text)
    if given.write:
        RESULTS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Read many documents: the price first, then a cheap model reads all of them and a strong one answers with citations.

`python examples/09_read_many.py [FOLDER [QUESTION]]` lets the offline responder answer: by word statistics, it is not a
language model. With `--live` Claude answers. The default folder is `docs`.
"""

import sys
from pathlib import Path

import anyio

from agentkit import Budget
from agentkit.patterns import ReadOptions, plan_reading, read_many
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder

QUESTION = "How is an agent run offline?"


async def main() -> None:
    """Print the plan, the answer with its sources, and what it took."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = Path(given[0]) if given else Path(__file__).parents[1] / "docs"
    question = given[1] if len(given) > 1 else QUESTION
    options: ReadOptions = {"budget": Budget(max_cost_usd=2), "concurrency": 16}
    if "--live" not in sys.argv:
        options["client"] = Simulator(OfflineResponder()).direct_client()

    print("Planned:", await plan_reading(folder.rglob("*.md"), question, **options))
    result = await read_many(folder.rglob("*.md"), question, **options)
    print(result)
    print(f"\n{result.dropped} quotes dropped, {len(result.uncited)} sentences without evidence, cost {result.cost}")


if __name__ == "__main__":
    anyio.run(main)

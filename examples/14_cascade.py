"""Receipts read cheap first: what does not add up goes to the stronger model, and the saving is measured.

`python examples/14_cascade.py` writes receipts and reads them offline, by regular expressions that know little else;
with `--live` (and ANTHROPIC_API_KEY) Claude reads. `... FOLDER` reads the .txt files of a folder.
"""

import random
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio

from agentkit import Agent, Document, Escalate
from agentkit.patterns import measure_cascade
from agentkit.simulator import Reply, Script, Simulator

IS_LIVE = "--live" in sys.argv
CHEAP, STRONG = "claude-haiku-5-5", "claude-opus-5-5"


@dataclass
class Receipt:
    """The amounts of a receipt, as they stand there; discounts are negative."""

    items: list[float]
    total: float


def adds_up(receipt: Receipt) -> str | None:
    """Check a receipt by its own sum: nobody has to know the right answer."""
    if not receipt.items:
        return "There are no items."  # a sum of nothing proves nothing
    found = round(sum(receipt.items), 2)
    return None if found == receipt.total else f"The items add up to {found}, but the total is {receipt.total}."


def write_receipts(folder: Path) -> None:
    """Write forty receipts: some have a discount, and a few a total that is wrong."""
    draw = random.Random(1)  # noqa: S311 - no secret
    for number in range(40):
        prices = [draw.randrange(100, 2000) / 100 for _ in range(draw.randrange(2, 6))]
        discount = 0.5 if number % 6 == 0 else 0.0
        lines = [f"Item {price:.2f}" for price in prices] + [f"Less {discount:.2f}"] * (discount > 0)
        total = sum(prices) - discount + (number % 20 == 7)
        (folder / f"receipt-{number:02}.txt").write_text("\n".join([*lines, f"TOTAL {total:.2f}"]), encoding="utf-8")


def offline(request: dict[str, object]) -> Reply:
    """Read a receipt by a regular expression; the cheap one does not know discounts."""
    text = str(request["messages"]).split("Earlier attempts")[0]
    found = [(name, float(amount)) for name, amount in re.findall(r"(Item|Less|TOTAL) (\d+\.\d\d)", text)]
    signs = {"Item": 1, "Less": -1} if request["model"] == STRONG else {"Item": 1}
    total = next((amount for name, amount in found if name == "TOTAL"), 0.0)
    return Reply.output(Receipt([signs[name] * amount for name, amount in found if name in signs], total))


INSTRUCTIONS = "Copy every amount of the receipt as it stands there, and compute nothing."
worker = Agent("worker", model=CHEAP, instructions=INSTRUCTIONS, input=Document, output=Receipt)


async def main(documents: list[Document]) -> None:
    """Read the receipts, and say what the cascade saves."""
    client = None if IS_LIVE else Simulator(Script(offline)).direct_client()
    measured = await measure_cascade(documents, levels=[worker, Escalate(STRONG)], check=adds_up, client=client)
    print(measured)
    for result in measured.results.unsolved:
        print(f"{documents[result.index].id}: {result.reason}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write_receipts(Path(scratch))
        folder = Path(next((one for one in sys.argv[1:] if one != "--live"), scratch))
        if not (paths := sorted(folder.glob("*.txt"))):
            sys.exit(f"{folder}: there is no such folder, or it has no .txt files.")
        anyio.run(main, [Document(path.name, path.read_text("utf-8")) for path in paths])

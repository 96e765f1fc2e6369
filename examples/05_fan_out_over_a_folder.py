"""Fan out over a folder: a cheap model reads every document at once; results come in order, each with its own outcome.

`python examples/05_fan_out_over_a_folder.py [FOLDER]` lets the offline responder answer: by word statistics, it is not
a language model. With `--live` Claude answers. The default folder is `docs`.
"""

import sys
from pathlib import Path

import anyio
from pydantic import BaseModel

from agentkit import Agent, Document, Done
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit_tools.documents import read_folder

QUESTION = "How is an agent run offline?"


class Quote(BaseModel):
    """An exact quote."""

    text: str
    start: int
    """Position of its first character in the document."""


class Evidence(BaseModel):
    """Quotes of one document that answer the question."""

    quotes: list[Quote]


reader = Agent(
    "reader",
    model="claude-haiku-5-5",
    instructions="Quote exactly what answers the question. Quote nothing if nothing does.",
    input=Document,
    render=lambda document: [QUESTION, document],
    output=Evidence,
)


async def main() -> None:
    """Read a folder and print a quote of each document."""
    paths = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = read_folder(paths[0] if paths else Path(__file__).parents[1] / "docs")
    client = None if "--live" in sys.argv else Simulator(OfflineResponder()).direct_client()
    results = await reader.map(folder.documents, concurrency=16, client=client)
    for document, result in zip(folder.documents, results, strict=True):
        if isinstance(result, Done):
            for quote in result.output.quotes[:1]:
                print(f"{document.id} at {quote.start}: {quote.text!r}")
        else:
            print(f"{document.id}: {result.outcome}, {result.reason}")
    print(f"{len(results)} documents read, {len(folder.unreadable)} not readable")


if __name__ == "__main__":
    anyio.run(main)

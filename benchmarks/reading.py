"""Reading many documents: speed and memory of `read_many`, of the check of quotes, of BM25; recall on labelled data.

    python -m benchmarks.reading speed
    python -m benchmarks.reading recall FOLDER [--most N] [--live]

`speed` needs nothing. `recall` reads `documents.jsonl` (id, title, content) and `questions.jsonl` (scenario,
required_documents), as in the data of tau2-bench's bank; with `--live` Claude reads, by default the offline responder.
With the extra `embed`, embeddings are ranked beside.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import anyio
from anthropic import AsyncAnthropic

from agentkit import ConfigurationError, Document
from agentkit.messages.message import JSONObject
from agentkit.patterns import Evidence, Findings, Quoted, read_many, verify_quotes
from agentkit.retrieval import Bm25, EmbeddingIndex, FullText, WordLlamaEmbedder, word_grams
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing import Reply

DOCUMENTS, CHARS, AT_ONCE, REPLY_S = 1_000, 50_000, 64, 1.0
PLANNED = ("calls", "input_tokens", "output_tokens", "min_cost_usd", "max_cost_usd", "worst_case_usd", "seconds")
WORDS = [
    f"{stem}{ending}" for stem in ("fee", "card", "loan", "limit", "bank") for ending in ("", "s", "ed", "ing", "er")
]


def text_of(number: int, chars: int = CHARS) -> str:
    """Return a text of its own for each number."""
    draw = random.Random(number)  # noqa: S311 - texts, no secrets
    words = [draw.choice(WORDS) if draw.random() < 0.9 else str(draw.randrange(10_000)) for _ in range(chars // 5)]
    lines = [" ".join(words[place : place + 14]) for place in range(0, len(words), 14)]
    return "\n".join(lines)[:chars]


async def serve() -> None:
    """Serve replies that take a second and quote from what they are given; print the address."""

    class Reader:
        async def answer(self, request: JSONObject) -> Reply:
            simulator.requests.clear()  # they are as long as the documents
            simulator.bodies.clear()
            await anyio.sleep(REPLY_S)
            if request["model"] == "claude-opus-5-5":
                return Reply.text("It is so [1].")
            block = request["messages"][0]["content"][0]
            quote = block["source"]["data"][1_000:1_120].partition(" ")[2].rpartition(" ")[0]
            return Reply.output(Findings([Evidence("It is so.", quote, str(block["title"]), 0.5)]))

    simulator = Simulator(Reader())
    async with simulator.serve() as address:
        print(address, flush=True)
        await anyio.sleep_forever()


async def measure_reading() -> None:
    """Read 1,000 documents of 50 KB, 64 at once, where each reply takes a second."""

    def documents() -> Iterator[Document]:
        for number in range(DOCUMENTS):
            yield Document(f"d{number}", text_of(number))

    command = [sys.executable, "-m", "benchmarks.reading", "serve"]
    async with await anyio.open_process(command, stderr=None) as server:
        assert server.stdout is not None
        address = (await server.stdout.receive()).decode().strip()
        client = AsyncAnthropic(base_url=address, api_key="unused")
        began, cpu = time.monotonic(), time.process_time()
        result = await read_many(documents(), "Is it so?", client=client, concurrency=AT_ONCE)
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        server.terminate()
    ideal = -(-result.plan.calls // AT_ONCE) * REPLY_S + REPLY_S
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{DOCUMENTS} documents of {CHARS // 1000} KB, {AT_ONCE} at once: reading {result.actual.seconds:.1f} s, "
        f"ideal {ideal:.0f} s, {result.actual.seconds / ideal:.2f}x; with storing {seconds:.1f} s, {cpu:.1f} s CPU; "
        f"{memory:.0f} MB; {len(result.citations)} citations, {result.dropped} dropped; gaps {result.gaps[:2]}"
    )
    print(f"planned: {result.plan}")
    print(f"actual:  {result.actual}, cache breaks {len(result.cache_breaks)}")


def measure_quotes() -> None:
    """Verify 10,000 quotes against 200 documents of 50 KB, a tenth of them near misses, beside `str.find`."""
    texts = {f"d{number}": text_of(number) for number in range(200)}
    draw = random.Random(1)  # noqa: S311 - as above
    quotes: list[Quoted] = []
    for number in range(10_000):
        name = draw.choice(list(texts))
        start = draw.randrange(CHARS - 200)
        quote = texts[name][start : start + 120].partition(" ")[2].rpartition(" ")[0]
        quotes.append(Quoted(name, f"{quote[:60]}x{quote[61:]}" if number % 10 == 0 else quote))
    plain = _seconds(lambda: [any(text.find(one.quote) >= 0 for text in texts.values()) for one in quotes])
    found: list[Any] = []
    own = _seconds(lambda: found.append(verify_quotes(quotes, texts)))
    print(
        f"10,000 quotes in 10 MB: {own:.2f} s, str.find of each over all {plain:.2f} s, {own / plain:.2f}x; "
        f"{len(found[0].citations)} stand there, {len(found[0].dropped)} dropped"
    )


def measure_search() -> None:
    """Search 10,000 documents."""
    index = Bm25((number, text_of(number, 1_500)) for number in range(10_000))
    queries = ["When are fees charged for a card?", "loans 1234 of the bank", text_of(5, 600)]
    for query in queries:
        seconds = _seconds(partial(index.search, query))
        print(f"BM25 over 10,000 documents, a query of {len(query)} characters: {1000 * seconds:.1f} ms")


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


Search: TypeAlias = Callable[[str, int], list[str]]
"""Returns the ids of the best documents for a question, at most so many."""


def searches(documents: list[Document], stored: FullText) -> dict[str, Search]:
    """Return the ways to rank documents; the one by embeddings only where its package is installed."""
    texts = [(one.id, f"{one.title}\n{one.text}") for one in documents]
    words, grams = Bm25(texts), Bm25(texts, terms=word_grams)
    stored.add(texts)
    ways: dict[str, Search] = {
        "BM25": lambda question, limit: [hit.id for hit in words.search(question, limit)],
        "BM25, n-grams": lambda question, limit: [hit.id for hit in grams.search(question, limit)],
        "FTS5": lambda question, limit: [name for name, _ in stored.search(question, limit)],
    }
    try:
        vectors = EmbeddingIndex[str](WordLlamaEmbedder())
    except ConfigurationError as error:
        print(f"no row of embeddings: {error}")
        return ways
    vectors.add(texts)
    ways["wordllama"] = lambda question, limit: [hit.id for hit in vectors.search(question, limit)]
    return ways


async def measure_recall(folder: Path, most: int, questions: int, *, is_live: bool) -> None:
    """Print the share of needed documents that each way finds, at equal numbers of documents, and what reading took."""
    rows = [json.loads(line) for line in (folder / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = [Document(row["id"], row["content"], row["title"]) for row in rows]
    client = None if is_live else Simulator(OfflineResponder()).client()
    with FullText() as stored:
        ways = searches(documents, stored)
        for limit in (10, 30, 100, most):
            shares = {name: _mean_recall(asked, way, limit) for name, way in ways.items()}
            print(f"recall@{limit}: " + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))
        totals: Counter[str] = Counter()
        for row in asked[:questions]:
            question, needed = row["scenario"], {*row["required_documents"]}
            result = await read_many(documents, question, client=client, most_documents=most)
            all_cited = list(dict.fromkeys(one.document for one in result.found))
            totals["questions"] += 1
            totals["documents"] += len(all_cited)
            totals["read"] += len(needed & {*all_cited}) / len(needed)
            for name, way in ways.items():
                totals[name] += len(needed & {*way(question, len(all_cited))}) / len(needed)
            texts = {one.id: one.text for one in documents}
            totals["true"] += sum(texts[one.document][one.start : one.end] == one.quote for one in result.citations)
            totals["shown"] += len(result.citations)
            totals["dropped"] += result.dropped
            for name in ("calls", "input_tokens", "output_tokens", "cost_usd", "seconds"):
                totals[f"actual {name}"] += getattr(result.actual, name)
            for name in PLANNED:
                totals[f"planned {name}"] += getattr(result.plan, name)
    count = totals.pop("questions")
    print(f"{count} questions, {most} documents each; shown quotes that stand in their document: "
          f"{totals.pop('true') / max(1, totals['shown']):.0%}; means:")  # fmt: skip
    for name, total in totals.items():
        print(f"  {name}: {total / count:.4g}")


def _mean_recall(asked: list[Any], search: Search, limit: int) -> float:
    total = 0.0
    for row in asked:
        needed = {*row["required_documents"]}
        total += len(needed & {*search(row["scenario"], limit)}) / len(needed)
    return total / len(asked)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "recall", "serve"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--most", type=int, default=200, help="documents that the pre-filter leaves")
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--live", action="store_true", help="let Claude read, with the key of the environment")
    args = parser.parse_args()
    if args.what == "serve":
        anyio.run(serve)
    elif args.what == "recall":
        anyio.run(lambda: measure_recall(args.folder, args.most, args.questions, is_live=args.live))
    else:
        measure_search()
        measure_quotes()
        anyio.run(measure_reading)


if __name__ == "__main__":
    main()

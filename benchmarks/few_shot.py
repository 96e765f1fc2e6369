"""Examples: selecting the nearest of 10,000, and finding what a text has copied from thirty essays.

python -m benchmarks.few_shot
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import accumulate

from agentkit.patterns import Demonstration, Examples, check_copying

COUNT, INPUT_WORDS, OUTPUT_WORDS = 10_000, 60, 120
ESSAYS, ESSAY_WORDS = 30, 3_000
WORDS = [f"word{number}" for number in range(20_000)]
FREQUENCIES = [*accumulate(1 / (rank + 10) for rank in range(len(WORDS)))]
"""Words as frequent as those of a language are, by Zipf's law."""
TRIES = 20


def text_of(draw: random.Random, words: int) -> str:
    """Return a text of its own."""
    return " ".join(draw.choices(WORDS, cum_weights=FREQUENCIES, k=words))


def milliseconds(call: Callable[[], object]) -> float:
    """Return the median time of a call on the wall clock."""
    times: list[float] = []
    for _ in range(TRIES):
        before = time.perf_counter()
        call()
        times.append((time.perf_counter() - before) * 1000)
    return sorted(times)[TRIES // 2]


def main() -> None:
    """Print both."""
    draw = random.Random(17)  # noqa: S311 - texts, no secrets
    examples = Examples((text_of(draw, INPUT_WORDS), text_of(draw, OUTPUT_WORDS)) for _ in range(COUNT))
    before = time.perf_counter()
    examples.select("word1", most=1)
    print(f"index of {COUNT:,} examples, {examples.tokens:,} tokens: {time.perf_counter() - before:.1f} s, once")
    for words in (5, 60, 300, 3_000):
        prompt = text_of(draw, words)
        took = milliseconds(lambda prompt=prompt: examples.select(prompt, tokens=8_000))
        print(f"select 8,000 tokens for a text of {words:,} words: {took:.1f} ms")
    essays = [Demonstration(text_of(draw, ESSAY_WORDS)) for _ in range(ESSAYS)]
    half = f"{essays[3].output[: len(essays[3].output) // 2]} {text_of(draw, ESSAY_WORDS // 2)}"
    for name, text in (("new", text_of(draw, ESSAY_WORDS)), ("half copied", half)):
        took = milliseconds(lambda text=text: check_copying(text, essays))
        print(f"{name}: {check_copying(text, essays).share:.0%} copied from {ESSAYS} essays, {took:.1f} ms")


if __name__ == "__main__":
    main()

"""Write the next essay after thirty others: all of them are in the prompt cache, and what is copied is found.

`python examples/15_write_like.py [FOLDER [TASK]]` runs offline: what answers is no language model, it copies, is caught
and writes again. With `--live` (and ANTHROPIC_API_KEY) Claude writes. Without a folder, thirty essays are made.
"""

import random
import re
import sys
import tempfile
from pathlib import Path

import anyio

from agentkit import Agent, Budget, UsageError
from agentkit.patterns import Examples, write_like
from agentkit.simulator import Reply, Script, Simulator

SUBJECTS = ("doors", "ladders", "kettles", "maps", "bridges", "clocks", "gloves", "stamps", "candles", "benches")
SENTENCES = (
    "Nobody thanks {} for what they prevent",
    "My grandmother kept {} that she never used, and spoke of them as one speaks of relatives",
    "There is a modesty in {} which only those notice who have mended one",
    "Whoever sells {} has to believe in a tomorrow",
    "We inherit our {} from people who were in more of a hurry than we are",
    "A country may be judged by its {}, and by the patience with which it waits for new ones",
)


def make_essays(folder: Path) -> None:
    """Write thirty essays of some length, each about a thing and in one voice."""
    draw = random.Random(15)  # noqa: S311 - texts, no secrets
    for number, subject in enumerate(SUBJECTS * 3):
        said = [draw.choice(SENTENCES).format(subject) for _ in range(draw.randrange(20, 40))]
        (folder / f"{number:02}_{subject}.md").write_text(f"# On {subject}\n\n{'. '.join(said)}.\n", encoding="utf-8")


def offline(request: dict[str, object]) -> Reply:
    """Copy from the first example, as a program does that cannot write; once caught, say little, but say it anew."""
    messages = str(request["messages"])
    subject = next(iter(re.findall(r"about (\w+)", messages)), "nothing")
    if "copied from the examples" in messages:
        return Reply.text(f"Of {subject} I know too little to write, and so I stop here, at the end of a short page.")
    found = re.search(r"(?s)<example>\s*(.+?)\s*</example>", str(request["system"]))
    return Reply.text(found[1].replace("\\n", "\n") if found else "There is no example.")


client = None if "--live" in sys.argv else Simulator(Script(offline)).direct_client()
writer = Agent("essayist", model="claude-opus-5-5", client=client)


async def write(folder: Path, tasks: list[str]) -> None:
    """Write one essay for each task."""
    essays = Examples.load(folder)
    print(f"{len(essays)} examples, about {essays.tokens:,} tokens, {len(essays.gaps)} not readable")
    for task in tasks:
        result = await write_like(essays, task, writer=writer, rewrite=True, budget=Budget(max_cost_usd=5))
        print(f"\n-> {task}\n{result}")
        print(f"   {result.copied_share:.0%} copied, {result.usage.requests} drafts, ok: {result.ok}")
        print(f"   {result.usage.cache_read_tokens:,} tokens from the cache, {result.cost}")
        if (longest := result.copying.longest) is not None:
            print(f"   longest: {longest.words} words of {longest.example}")


async def main() -> None:
    """Write after the essays of a folder, or after some that are made."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    tasks = given[1:] or ["Write an essay about windows.", "Write an essay about umbrellas."]
    with tempfile.TemporaryDirectory() as made:
        if not given:
            make_essays(Path(made))
        try:
            await write(Path(given[0] if given else made), tasks)
        except UsageError as error:  # there is no such folder, or no text in it
            sys.exit(str(error))


if __name__ == "__main__":
    anyio.run(main)

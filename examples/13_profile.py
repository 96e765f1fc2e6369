"""Narrow a mailbox to a profile: queries, a cheap filter, quotes that are verified, and sections that stand on them.

`python examples/13_profile.py [MAILBOX GOAL]` lets the offline responder answer: by word statistics, it is not a
language model. With `--live` Claude answers. Without a mailbox, a small one is made.
"""

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import anyio
from pydantic import BaseModel, Field

from agentkit import Budget
from agentkit.patterns import FunnelOptions, MailIndex, funnel, plan_funnel
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder

GOAL = "Who works with Anna, what does she order again and again, and what has changed?"
NOTES = [
    "Ben Berg is our new supplier of tea; write to ben@example.org from now on.",
    "Every month we order forty kilos of green tea for the harbour office.",
    "The order goes to the new office in Harbour Street, no longer to the old market.",
    "Chloe Costa keeps the books; she gets a copy of each order.",
    "As always in June, we order ten kilos of black tea for the market.",
]


class Work(BaseModel):
    """What a new colleague of Anna has to know."""

    people: list[str] = Field(description="Who works with Anna, and as what.")
    orders: list[str] = Field(description="What is ordered again and again.")
    changes: list[str] = Field(description="What has changed.")


def make_mailbox() -> bytes:
    """Return an mbox of orders, each with an answer that quotes it, among mail about other things."""
    draw, mails = Random(1), list[str]()  # noqa: S311 - mail, no secrets
    for number in range(30):
        text = NOTES[number // 6] if number % 6 == 0 else f"The {draw.choice(['picnic', 'cat', 'film'])} was nice."
        head = f"Date: {number % 28 + 1} Mar 2024 10:00:00 +0000\nSubject: Note {number}\n"
        mails += [
            f"From: Anna Adler <anna@example.com>\nTo: ben@example.org\nMessage-ID: <{number}@a>\n{head}\n{text}\n",
            f"From: ben@example.org\nTo: anna@example.com\nIn-Reply-To: <{number}@a>\n{head}\nThank you.\n\n> {text}\n",
        ]
    return "".join(f"From x Fri Mar  1 10:00:00 2024\n{mail}\n" for mail in mails).encode()


async def main() -> None:
    """Print the plan, the profile with the messages of each statement, and what each stage took."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if given and not await anyio.Path(given[0]).exists():
        sys.exit(f"There is no mailbox {given[0]!r}.")
    if len(given) == 1:
        sys.exit(f'What is to be found in {given[0]!r}? Give a goal behind it: "What does Anna order?"')
    goal = given[1] if given else GOAL
    options: FunnelOptions = {"budget": Budget(max_cost_usd=2)}
    if "--live" not in sys.argv:
        options["client"] = Simulator(OfflineResponder()).direct_client()
    with TemporaryDirectory() as folder:
        mailbox = Path(given[0]) if given else Path(folder, "anna.mbox")
        if not given:
            await anyio.Path(mailbox).write_bytes(make_mailbox())
        async with MailIndex.open(Path(folder, "mail.db")) as index:
            print(await index.add(mailbox))
            print("Planned:", await plan_funnel(index, goal, outline=Work, **options))
            result = await funnel(index, goal, outline=Work, **options)
    print(f"\n{result}\n")
    for stage in result.stages:
        print(stage)
    print(f"{result.dropped} quotes or statements dropped, cost {result.cost}")


if __name__ == "__main__":
    anyio.run(main)

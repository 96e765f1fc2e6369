"""A program that maps five items in a batch, with a journal. Arguments: base URL, journal, US dollars, backend.

Each line of its input starts it anew, in a process whose id it prints; that process prints the outputs and the cost.
"""

import os
import sys

import anyio
from anthropic import AsyncAnthropic

from agentkit import Agent, Budget, Done

agent = Agent("doubler", model="claude-haiku-5-5", output=int)


async def main() -> None:
    base_url, journal, usd = sys.argv[1:4]
    budget = Budget(max_cost_usd=float(usd))
    async with AsyncAnthropic(api_key="k", base_url=base_url) as client:
        results = await agent.map(
            map(str, range(5)), batch=True, client=client, journal=journal, run_id="doubled", budget=budget
        )
    cost = sum(one.result.cost.usd or 0 for one in results if one.result is not None)
    say(f"{[one.output if isinstance(one, Done) else one.reason for one in results]} {cost}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    AsyncAnthropic(api_key="k")  # what it imports late is there before the processes part
    for _ in sys.stdin:
        if (pid := os.fork()) == 0:
            anyio.run(main, backend=sys.argv[4])
            os._exit(0)
        say(str(pid))

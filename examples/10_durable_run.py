"""A run that survives its process: a journal in one file, from which it goes on without doing anything twice.

`python examples/10_durable_run.py` starts itself as a second process, kills it in the middle of a payment, and resumes
the run. A script replies; with `--live` Claude does.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio

from agentkit import NOT_DONE, Agent, RunContext, tool
from agentkit.simulator import Reply, Script, Simulator


async def find_payment(ctx: RunContext[Path], amount: int) -> object:
    """Look the payment up by its key: a process may have died between the payment and its record."""
    paid = ctx.deps / "paid"
    return f"Paid {amount} EUR." if paid.exists() and paid.read_text() == ctx.idempotency_key else NOT_DONE


@tool(effect="write", reconcile=find_payment)
async def pay(ctx: RunContext[Path], amount: int) -> str:
    """Pay an amount in EUR."""
    (ctx.deps / "paid").write_text(ctx.idempotency_key)
    print(f"paying {amount} EUR, and dying", flush=True)
    os.kill(os.getpid(), 9)
    return f"Paid {amount} EUR."


clerk = Agent("clerk", model="claude-haiku-5-5", tools=[pay], deps=Path)


def scripted(request: dict[str, object]) -> Reply:
    """Reply by what is asked, in whichever process."""
    is_new = len(request["messages"]) == 1  # type: ignore[arg-type]
    return Reply.tool("pay", amount=12) if is_new else Reply.text("The 12 EUR are paid.")


async def main(folder: Path) -> None:
    """Start the run of this journal, or go on with it."""
    client = None if "--live" in sys.argv else Simulator(Script(scripted)).direct_client()
    journal = folder / "runs.db"
    result = await clerk.run("Pay 12 EUR.", deps=folder, client=client, journal=journal, run_id="invoice-7")
    print(result.output, f"{result.usage.requests} requests, paid once")


if __name__ == "__main__":
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
        anyio.run(main, Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as name:
            first = subprocess.run([sys.executable, __file__, name, *sys.argv[1:]], check=False)  # noqa: S603 - itself
            print(f"the first process ended with {first.returncode}; another one goes on")
            anyio.run(main, Path(name))

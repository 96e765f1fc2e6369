"""Serve a customer of the shop: an orchestrator on a strong model delegates to three sub-agents on a cheap one.

`python -m examples.retail` runs offline from `script.json`; with `--live` (and ANTHROPIC_API_KEY) Claude answers.
"""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from agentkit.testing import Reply, script
from examples.retail.agents import Report, example_shop, lead

PROMPT = """I am Ada Okoye, zip code 87592. Cancel #W1000001, I ordered it by mistake, and take back the bread knife of
#W1000021; the refund goes to my Visa card. Yes, I am sure, go ahead, that is all."""


def offline_replies() -> list[Reply]:
    """Return the replies of the script, which `agentkit simulate --script` reads, too."""
    turns: list[list[dict[str, Any]]] = json.loads(Path(__file__).with_name("script.json").read_text())
    return [sum(map(_reply, turn), Reply()) for turn in turns]


def _reply(part: dict[str, Any]) -> Reply:
    if "tool" in part:
        return Reply.tool(part["tool"], **part["input"])
    return Reply.output(part["output"]) if "output" in part else Reply.text(part["text"])


def main() -> None:
    """Serve one customer, and print the answer and each sub-agent's report."""
    result = lead.run_sync(PROMPT)
    print(result.output)
    for child in result.children:
        report = child.output
        if isinstance(report, Report):
            print(f"  {child.agent}: {'; '.join(report.changes + report.refused) or report.answer}")
    print(f"{result.usage.requests} requests, {result.own_usage.requests} of them the lead's; cost {result.cost}")
    print(f"Order #W1000001 is {example_shop().database.orders['#W1000001'].status}.")


if __name__ == "__main__":
    with nullcontext() if "--live" in sys.argv else script(*offline_replies()):
        main()

"""What the command line's tests share: the source of a module to work on, and processes that hear Ctrl-C."""

import sys

_HEARING_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from agentkit.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def hearing_ctrl_c(*arguments: str) -> list[str]:
    """A command line that hears Ctrl-C also where the tests run in the background, which makes it unheard."""
    return [sys.executable, "-c", _HEARING_CTRL_C, *arguments]


SHOP = '''
from dataclasses import dataclass, replace

from agentkit import Agent, Retry, RunContext, ToolError, Toolset, tool


@dataclass
class Line:
    item: str
    count: int = 1


@tool(effect="read")
def price(item: str) -> float:
    """Look up a price.

    Args:
        item: What to look up.
    """
    if item != "tea":
        raise ToolError(f"There is no {item}.")
    return 4.0


@tool
def order(lines: list[Line]) -> str:
    """Place an order."""
    return f"{len(lines)} lines ordered"


both = Toolset("shop", [price, order])
clerk = Agent("clerk", model="claude-opus-5-5", tools=[price, order])
hasty = replace(clerk, retry=Retry(first_wait_s=0.001))
typed = Agent("typed", model="claude-opus-5-5", input=Line, output=Line)
needs = Agent("needs", model="claude-opus-5-5", deps=Line)
unknown = Agent("unknown", model="claude-opus-9")
number = 5
'''

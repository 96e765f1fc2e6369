"""The four tools of every framework's program, their behaviour in each scenario, and the printed report of a run's end.

A program is started as PROGRAM SCENARIO LOG [streamed]; the SDK's own environment variables name the server. Each tool
writes into the log when it starts and how it ends; a last line on stdout says how the framework let the run end.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

SCENARIO, _LOG, *_more = sys.argv[1:]
IS_STREAMED = "streamed" in _more
MODEL = "claude-opus-5-5"
INSTRUCTIONS = "You keep a shop. Answer in one sentence."
QUESTION = "Please see to what has to be done."
SERVER_TOOLS = [{"type": "web_search_20250305", "name": "web_search"}] if SCENARIO == "pause" else []
"""Tools that the server runs itself; a turn can only pause when there is one."""


@dataclass(frozen=True)
class Ended:
    """The result that the framework returns to its user, where the run raised nothing."""

    answer: str
    ending: str
    """The field of its result that says how the run ended, if there is one."""
    is_success: bool = True
    """True if its result counts as a success, where it makes a difference."""
    text: str = ""
    """The text of its result about a failure."""


class Line(BaseModel):
    """A line of an order."""

    item: str
    count: int


class _Logged:
    """A tool at work, in the log from its start to its end."""

    def __init__(self, tool: str, **arguments: object) -> None:
        self._tool, self._arguments = tool, arguments

    def _write(self, what: str) -> None:
        entry = {"tool": self._tool, "arguments": self._arguments, "what": what, "at_s": time.monotonic()}
        with Path(_LOG).open("a") as log:
            log.write(json.dumps(entry) + "\n")

    def __enter__(self) -> None:
        self._write("started")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._write("returned" if kind is None else kind.__name__)


async def price(item: str) -> str:
    """Look up the price of an item.

    Args:
        item: Which item.
    """
    with _Logged("price", item=item):
        await asyncio.sleep({"parallel": 1.0, "endless": 0.0}.get(SCENARIO, 0.3))
        return f"{item}: 4.0 EUR"


async def stock(item: str) -> str:
    """Look up how many of an item are there.

    Args:
        item: Which item.
    """
    with _Logged("stock", item=item):
        match SCENARIO:
            case "exception":
                raise RuntimeError("the warehouse does not answer")
            case "secret":
                raise RuntimeError("cannot connect to postgresql://shop:hunter2-8f3a@10.0.0.7/stock")
            case "hang":
                await asyncio.Event().wait()
            case "huge":
                return "\n".join(f"{n:07} {item} came in and went out again" for n in range(160_000))
            case "surrogate":
                return b"caf\xe9.txt: 12".decode("utf-8", "surrogateescape")  # as os.listdir gives such names
            case "too_long":
                return f"{item}: " + "one more, " * 5_000
        return f"{item}: 12"


async def order(lines: list[Line]) -> str:
    """Order items.

    Args:
        lines: What to order, and how many of each.
    """
    with _Logged("order", lines=to_jsonable_python(lines)):  # strands gives dictionaries
        return f"ordered {len(lines)} lines"


async def remove(items: list[str], note: str = "") -> str:
    """Take items out of the shop.

    Args:
        items: Which items.
        note: For whom.
    """
    with _Logged("remove", items=items, note=note):
        return f"removed {len(items)} items"


TOOLS = (price, stock, order, remove)


def report(ask: Callable[[], Coroutine[object, object, Ended]]) -> None:
    """Let the framework run, and print the result or the exception."""
    try:
        said = asdict(asyncio.run(ask()))
    except Exception as error:  # noqa: BLE001 - whatever it raises is what is to be seen
        said = {"error": type(error).__name__, "text": str(error)[:500]}
    print("\n" + json.dumps(said), flush=True)

"""An MCP server as it must not be, in plain Python: it starts at once, and does what its one argument says.

The argument is a JSON object: `tools` (as `tools/list` gives them), `page` (how many of them on a page), `noise` (a
line on stdout at the start), `last_words` (on stderr, and the end), `is_silent`, `dies_on_start_of` (a file: the
second process that finds it ends).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

PLAIN = {"type": "object"}
TOOLS = ("pid", "die", "hang", "cancelled", "give", "refuse", "change", "garble", "loud", "break")


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def text(words: object) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": str(words)}]}


def listing(how: dict[str, Any], cursor: str | None) -> dict[str, Any]:
    tools = how.get("tools") or [{"name": name, "inputSchema": PLAIN} for name in TOOLS]
    size, start = how.get("page", len(tools)), int(cursor or 0)
    following = {"nextCursor": str(start + size)} if start + size < len(tools) else {}
    return {"tools": tools[start : start + size], **following}


def called(name: str, given: dict[str, Any], cancelled: list[object]) -> dict[str, Any] | None:
    """The answer to a call: a result, an error, or nothing."""
    match name:
        case "die":
            os._exit(3)
        case "hang":
            return None
        case "cancelled":
            return {"result": text(cancelled)}
        case "give":
            return {"result": given["result"]}
        case "refuse":
            return {"error": {"code": given["code"], "message": given["message"]}}
        case "change":
            say({"method": "notifications/tools/list_changed"})
        case "garble":
            sys.stdout.write("Connected to the database.\n")
        case "loud":
            sys.stderr.write("line\n" * 100_000)
        case _:
            pass
    return {"result": text(os.getpid())}


def answer_to(asked: dict[str, Any], how: dict[str, Any], cancelled: list[object]) -> dict[str, Any] | None:
    """The answer to a request; None: there will be none."""
    method, params = asked["method"], asked.get("params") or {}
    match method:
        case "initialize":
            info = {"name": "wild", "version": "1"}
            return {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}}
        case "tools/list":
            return {"result": listing(how, params.get("cursor"))}
        case "tools/call":
            return called(params["name"], params.get("arguments") or {}, cancelled)
        case _:
            return {"error": {"code": -32601, "message": "Method not found"}}


def main(how: dict[str, Any]) -> None:
    cancelled: list[object] = []
    if how.get("noise"):
        sys.stdout.write(how["noise"])
        sys.stdout.flush()
    if how.get("last_words"):
        sys.exit(how["last_words"])
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["method"] == "notifications/cancelled":
            cancelled.append(asked["params"]["requestId"])
        if how.get("is_silent") or "id" not in asked:
            continue
        answer = answer_to(asked, how, cancelled)
        if answer is not None:
            say({"id": asked["id"], **answer})


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if mark := given.get("dies_on_start_of"):
        if Path(mark).exists():
            sys.exit("I was here before.")
        Path(mark).touch()
    main(given)

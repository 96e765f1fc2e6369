"""Runs in `runs.db` of the current folder: whole, or as their process left them when it died; and a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from agentkit import Journal
from agentkit.cli.main import main
from agentkit.testing import Reply, script

CALLS = Reply.tool("price", item="tea") + Reply.tool("order", lines=[{"item": "tea"}])


def record_run(run_id: str, *, journal: str = "runs.db") -> None:
    """Run `shop:clerk`, which makes two calls."""
    with script(CALLS, Reply.text("One tea is ordered.")):
        assert main(["run", "shop:clerk", "Order tea", "--journal", journal, "--run-id", run_id]) == 0


def record_cut_run(run_id: str) -> None:
    """Leave a run whose process died in its call of the effect `write`."""
    record_run(run_id, journal="whole.db")
    lines = [*Journal("whole.db").export(run_id)]
    cut = next(i for i, line in enumerate(lines) if json.loads(line)["phase"] == "intent") + 1
    Journal("runs.db").import_lines(lines[:cut])
    Journal("runs.db").set_address(run_id, "shop:clerk")
    Path("whole.db").unlink()


def on_terminal(columns: int, *argv: str) -> str:
    """Return what a command prints on a terminal of this width."""
    main_end, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": str(columns)}
    command = [sys.executable, "-m", "agentkit", *argv]
    process = subprocess.Popen(command, stdout=terminal, stderr=subprocess.DEVNULL, env=environment)
    os.close(terminal)
    data = b""
    while True:
        try:
            part = os.read(main_end, 4096)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close(main_end)
    assert process.wait(timeout=30) == 0
    return data.decode().replace("\r\n", "\n")

"""Replay for `agentkit simulate --recording`, with a log on stderr of its answers and of unknown requests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.encoding import print_log_line
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line, plural, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentkit.simulator.recordings.replay import Replay


def logging_replay(path: Path, *, strict: bool) -> Replay:
    """Return a replay that prints a line for each request, and the differences of a request that was not recorded.

    Args:
        path: A recording, a vcrpy cassette, or a folder of these.
        strict: Refuse requests that were not recorded. False: answer them with the nearest recorded reply.

    Raises:
        ConfigurationError: There is no readable recording at `path`.
    """
    from agentkit.simulator.http.wire import Response
    from agentkit.simulator.recordings.replay import Replay

    class LoggingReplay(Replay):
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            misses, report = len(self.misses), len(self.report)
            response = await super().handle(method, path, headers, body)
            line = f"{response.status} {method} {path}  {len(body):,} bytes"
            print_log_line(one_line(line, 2 * terminal_width(sys.stderr)))
            for miss in (*self.misses[misses:], *self.report[report:]):
                print_log_line(printable(miss.message))
            return response

    return LoggingReplay(path, strict=strict)


def replay_summary(replay: Replay) -> str:
    """Return the counts of answered, unknown and unused requests in one line."""
    near = f" ({len(replay.report)} by the nearest one)" if replay.report else ""
    left = plural(len(replay.unused()), "recorded exchange")
    return (
        f"{plural(replay.answered, 'request')} answered{near}, {len(replay.misses)} not recorded; {left} not asked for."
    )

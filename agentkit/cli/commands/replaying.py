"""What `agentkit simulate --recording` serves: a replay that says on stderr what it answered and what it missed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.text import clean, one_line, plural, width_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentkit.simulator.recordings.replay import Replay


def logging_replay(path: Path, *, strict: bool) -> Replay:
    """A replay that writes a line for each request, and how a request differs that was not recorded.

    Raises ConfigurationError when there is no recording to read at `path`.
    """
    from agentkit.simulator.recordings.replay import Replay
    from agentkit.simulator.wire import Response

    class Logging(Replay):
        async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
            misses, report = len(self.misses), len(self.report)
            response = await super().handle(method, path, headers, body)
            line = f"{response.status} {method} {path}  {len(body):,} bytes"
            print(one_line(line, 2 * width_of(sys.stderr)), file=sys.stderr, flush=True)
            for miss in (*self.misses[misses:], *self.report[report:]):
                print(clean(miss.message), file=sys.stderr, flush=True)
            return response

    return Logging(path, strict=strict)


def summary(replay: Replay) -> str:
    """What came of it, in a line."""
    near = f" ({len(replay.report)} by the nearest one)" if replay.report else ""
    left = plural(len(replay.unused()), "recorded exchange")
    return (
        f"{plural(replay.answered, 'request')} answered{near}, {len(replay.misses)} not recorded; {left} not asked for."
    )

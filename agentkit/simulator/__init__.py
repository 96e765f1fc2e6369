"""A local Messages API: it enforces what the real one enforces, with its error texts, and needs no key and no network.

One server, several minds: a `Script` for tests, and the offline mind, which really reads and really delegates but is
not a language model. It runs in-process behind a client of the official SDK, and over HTTP for anything else.
"""

from agentkit.simulator.mind import Mind, UnexpectedRequest
from agentkit.simulator.reply import Reply
from agentkit.simulator.script import Script
from agentkit.simulator.server import Simulator

__all__ = ["Mind", "Reply", "Script", "Simulator", "UnexpectedRequest"]

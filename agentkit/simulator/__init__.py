"""A local Messages API: it enforces what the real one enforces, with its error texts, and needs no key and no network.

One server, several minds: a `Script` for tests, and the offline mind, which really reads and really delegates but is
not a language model. It runs in-process behind a client of the official SDK, and over HTTP for anything else. So does
a `Replay` of what was recorded: by a `RecordingProxy`, or by a `Recorder` inside the client.
"""

from agentkit.simulator import faults
from agentkit.simulator.faults import Fault
from agentkit.simulator.faults.plan import Mix
from agentkit.simulator.mind import Mind, UnexpectedRequest
from agentkit.simulator.quota import Quota
from agentkit.simulator.recordings.proxy import RecordingProxy
from agentkit.simulator.recordings.recorder import Recorder, recording_client
from agentkit.simulator.recordings.recording import Recording
from agentkit.simulator.recordings.replay import Replay
from agentkit.simulator.reply import Reply
from agentkit.simulator.script import Script
from agentkit.simulator.server import Simulator

__all__ = [
    "Fault",
    "Mind",
    "Mix",
    "Quota",
    "Recorder",
    "Recording",
    "RecordingProxy",
    "Replay",
    "Reply",
    "Script",
    "Simulator",
    "UnexpectedRequest",
    "faults",
    "recording_client",
]

"""A local Messages API: it checks requests as the real one does, with its error texts, and needs no key and no network.

The replies come from a responder: a `Script` for tests, or the offline responder, which reads texts and delegates to
sub-agents but is no language model. The server runs in-process behind a client of the official SDK, or over HTTP for
any other client. A `Replay` serves recorded traffic in the same two ways; a `RecordingProxy`, or a `Recorder` in the
client, records it.
"""

from agentkit.simulator import faults
from agentkit.simulator.batches import BatchPace
from agentkit.simulator.faults import Fault
from agentkit.simulator.faults.plan import Mix
from agentkit.simulator.quota import Quota
from agentkit.simulator.recordings.proxy import RecordingProxy
from agentkit.simulator.recordings.recorder import Recorder, recording_client
from agentkit.simulator.recordings.recording import Recording
from agentkit.simulator.recordings.replay import Replay
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.responder import Responder, UnexpectedRequest
from agentkit.simulator.replies.responder import Responder as Mind  # kept for code that imports it by its first name
from agentkit.simulator.replies.script import Script
from agentkit.simulator.server import Simulator

__all__ = [
    "BatchPace",
    "Fault",
    "Mind",
    "Mix",
    "Quota",
    "Recorder",
    "Recording",
    "RecordingProxy",
    "Replay",
    "Reply",
    "Responder",
    "Script",
    "Simulator",
    "UnexpectedRequest",
    "faults",
    "recording_client",
]

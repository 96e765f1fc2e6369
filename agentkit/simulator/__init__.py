"""A local Messages API: it checks requests as the real one does, with its error texts, and needs no key and no network.

The replies come from a responder: a `Script` for tests, or the offline responder, which reads texts and delegates to
sub-agents but is no language model. The server runs in-process behind a client of the official SDK, or over HTTP for
any other client. A `Replay` serves recorded traffic in the same two ways; a `RecordingProxy`, or a `Recorder` in the
client, records it.
"""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.simulator.batches": "BatchPace",
        "agentkit.simulator.faults": "Fault faults",
        "agentkit.simulator.faults.plan": "Mix",
        "agentkit.simulator.quota": "Quota",
        "agentkit.simulator.recordings.proxy": "RecordingProxy",
        "agentkit.simulator.recordings.recorder": "Recorder recording_client",
        "agentkit.simulator.recordings.recording": "Recording",
        "agentkit.simulator.recordings.replay": "Replay",
        "agentkit.simulator.replies.reply": "Reply",
        "agentkit.simulator.replies.responder": "Mind Responder UnexpectedRequest",
        "agentkit.simulator.replies.script": "Script",
        "agentkit.simulator.server": "Simulator",
    },
)

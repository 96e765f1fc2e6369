"""Faults to inject into the replies of the server, one function for each kind.

    script(Reply.text("Tea."), faults=[faults.status(529), None, faults.cut(at=200) + faults.delay(0.5)])

The same as text, for a header, a marker or a command line: `status:529`, `cut:at=200+delay:0.5`.
A reply that a fault spoils is not lost: a retry of the same conversation gets it whole.
"""

from agentkit.simulator.faults.delivery import (
    ERROR_TYPES,
    cut,
    delay,
    drip,
    drop,
    end_marker,
    error_event,
    linger,
    stall,
    status,
)
from agentkit.simulator.faults.fault import Fault
from agentkit.simulator.faults.reply_content import (
    context_exceeded,
    duplicate_ids,
    duplicate_keys,
    empty,
    invalid_json,
    max_tokens,
    pause_turn,
    refusal,
    truncated_json,
    unknown_block,
    unknown_event,
    unknown_stop_reason,
)

__all__ = [
    "ERROR_TYPES",
    "Fault",
    "context_exceeded",
    "cut",
    "delay",
    "drip",
    "drop",
    "duplicate_ids",
    "duplicate_keys",
    "empty",
    "end_marker",
    "error_event",
    "invalid_json",
    "linger",
    "max_tokens",
    "pause_turn",
    "refusal",
    "stall",
    "status",
    "truncated_json",
    "unknown_block",
    "unknown_event",
    "unknown_stop_reason",
]

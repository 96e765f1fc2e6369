"""All scenarios, in the order of the modules that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.faults import (
    rows_api_features,
    rows_budgets,
    rows_calls,
    rows_conversations,
    rows_log,
    rows_readers,
    rows_replies,
    rows_requests,
    rows_secrets,
    rows_streams,
    rows_tools,
    rows_trees,
)
from benchmarks.faults.scenario import Scenario

SCENARIOS: Sequence[Scenario] = (
    *rows_requests.SCENARIOS,
    *rows_streams.SCENARIOS,
    *rows_replies.SCENARIOS,
    *rows_conversations.SCENARIOS,
    *rows_calls.SCENARIOS,
    *rows_tools.SCENARIOS,
    *rows_trees.SCENARIOS,
    *rows_budgets.SCENARIOS,
    *rows_readers.SCENARIOS,
    *rows_api_features.SCENARIOS,
    *rows_secrets.SCENARIOS,
    *rows_log.SCENARIOS,
)

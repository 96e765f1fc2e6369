"""The goals of delegation that no clock decides: what a tree of many agents takes, and what a long result sends."""

from __future__ import annotations

import pytest

from benchmarks.delegation import ARTIFACT_BYTES, MOST_REQUEST_MB, MOST_TREE_MB, measure_in_process

# Programs of their own, which import the SDK before they begin.
pytestmark = [pytest.mark.once, pytest.mark.timeout(180)]


def test_a_tree_of_more_than_a_thousand_agents_fits_into_little_memory() -> None:
    figures = measure_in_process("tree", rounds=1)
    assert 0 < figures["peak_mb"] < MOST_TREE_MB


def test_a_result_of_100_mb_never_enters_a_request() -> None:
    figures = measure_in_process("artifact", rounds=1)
    assert 0 < figures["longest_mb"] < MOST_REQUEST_MB
    assert figures["peak_mb"] * 1e6 > ARTIFACT_BYTES  # it was really there

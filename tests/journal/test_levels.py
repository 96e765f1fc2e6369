"""Levels of a run: which of them have ended, and which records count as spending."""

from __future__ import annotations

from agentkit.journal.levels import has_ended, prefix_of


def test_a_run_ends_with_the_runs_above_it_and_a_further_try_is_not_below_the_first() -> None:
    assert [prefix_of(name) for name in ("end", "tool:a/end", "tool:a/tool:b/model:1")] == [
        "",
        "tool:a/",
        "tool:a/tool:b/",
    ]
    assert has_ended("tool:a/tool:b/", {"end"})
    assert has_ended("tool:a/tool:b/", {"tool:a/end"})
    assert not has_ended("tool:a/tool:b/", {"tool:a", "tool:b/end"})
    for prefix in ("tool:a/try:2/", "tool:a/try:2/tool:b/"):
        assert not has_ended(prefix, {"tool:a/end"})
        assert has_ended(prefix, {"tool:a/try:2/end"})
    assert has_ended("x/tool:a/try:2/", {"tool:a/end", "x/end"})

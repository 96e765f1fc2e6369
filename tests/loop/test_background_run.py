"""A sub-agent in the background: how it is stopped, and when its parent takes it for ended."""

from __future__ import annotations

import anyio
import pytest

from agentkit.loop.background_run import BackgroundRun, StopSignal

pytestmark = pytest.mark.anyio


async def test_an_off_switch_stops_what_it_watches_now_and_later() -> None:
    off, now, later = StopSignal(), anyio.CancelScope(), anyio.CancelScope()
    off.attach_scope(now)
    assert not now.cancel_called
    off.stop("Enough.")
    off.stop("Twice.")
    off.attach_scope(later)
    assert now.cancel_called
    assert later.cancel_called
    assert off.reason == "Enough."


async def test_one_that_was_stopped_before_runs_until_its_parent_stops_it_or_waits_for_it() -> None:
    for is_waited_for in (False, True):
        one = BackgroundRun("reader-1", 1, is_stop_ahead=True, final_report={"state": "cancelled"})
        one.ended.set()
        assert one.status_report() == {"handle": "reader-1", "state": "running"}
        if is_waited_for:
            await one.wait_for_end()
        else:
            one.stop("Enough.")
        assert one.status_report() == {"handle": "reader-1", "state": "cancelled"}

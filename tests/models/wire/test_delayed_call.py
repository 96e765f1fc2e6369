"""A call after some time that can be called off."""

from __future__ import annotations

import anyio
import pytest

from agentkit.models.wire.delayed_call import call_later

pytestmark = pytest.mark.anyio


async def test_a_function_is_called_later_if_it_is_not_called_off() -> None:
    called: list[str] = []
    done = anyio.Event()
    call_off = call_later(0.001, lambda: called.append("called off"))
    call_later(0.005, done.set)
    call_off()
    with anyio.fail_after(5):
        await done.wait()
    assert called == []

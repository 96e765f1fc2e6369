"""Reconciliation: find out whether a call took effect that was under way when its process died.

async def find_order(ctx: RunContext[Shop], lines: list[Line], note: str = "") -> Receipt | CallOutcome:
    return await ctx.deps.orders.find(key=ctx.idempotency_key) or NOT_DONE

@tool(effect="write", reconcile=find_order)
async def place_order(ctx: RunContext[Shop], lines: list[Line], note: str = "") -> Receipt: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from agentkit.log import log
from agentkit.tools.result_content import render_result
from agentkit.tools.run_context import services_of
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentkit.messages.message import Content
    from agentkit.tools.definition import Tool
    from agentkit.tools.run_context import RunContext


class CallOutcome(Enum):
    """The return value of a `reconcile=` function where there is no result of the call."""

    NOT_DONE = "the call did not take effect: it is made now"
    UNKNOWN = "nobody knows: the model reads that, and the call is not made again"


NOT_DONE: Final = CallOutcome.NOT_DONE
"""The call did not take effect, and is made now."""
UNKNOWN: Final = CallOutcome.UNKNOWN
"""It cannot be found out whether the call took effect: the model reads that, and the call is not made again."""

Reconcile: TypeAlias = "Callable[..., object]"
"""Called as `reconcile(ctx, **arguments)`, sync or async: the result of the call, or a CallOutcome."""


async def reconcile_call(
    tool: Tool[..., object], given: Mapping[str, object], ctx: RunContext[object]
) -> Content | CallOutcome:
    """Return the result of an earlier call with this input and idempotency key, as content, or what is known of it.

    Without a `reconcile=` function, or where it raises, the outcome is unknown.
    """
    function = tool.reconcile
    if function is None:
        return UNKNOWN
    try:
        arguments = tool._body.parse_arguments(tool.name, given)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if inspect.iscoroutinefunction(function):
            found: object = await function(ctx, **arguments)
        else:
            found = await run_in_thread(lambda: function(ctx, **arguments), name=f"reconcile of {tool.name}")
            found = await found if inspect.isawaitable(found) else found
        if isinstance(found, CallOutcome):
            return found
        services = services_of(ctx)
        keep = None if services.artifact_slot is None else services.artifact_slot.keep
        return render_result(found, tool.max_result_tokens, keep, services.redactor.content)
    except Exception as error:  # noqa: BLE001 - the user's function may raise anything, and the call is not made
        log().error("the outcome of a call could not be found out", tool=tool.name, exc_info=error)
        return UNKNOWN

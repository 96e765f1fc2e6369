"""Whether an earlier call took effect: its result, not done, or not known."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import NOT_DONE, UNKNOWN, DefinitionError, RunContext, tool
from agentkit.tools.reconcile import reconcile_call

pytestmark = pytest.mark.anyio


def make(reconcile: Any) -> Any:
    @tool(effect="write", reconcile=reconcile)
    def pay(amount: int) -> dict[str, int]:
        """Pay."""
        raise AssertionError("called again")

    return pay


async def later(ctx: RunContext, amount: int) -> object:
    return {"paid": amount, "key": ctx.idempotency_key}


def at_once(ctx: RunContext, amount: int) -> object:
    return {"paid": amount, "key": ctx.idempotency_key}


def broken(ctx: RunContext, amount: int) -> object:
    raise ConnectionError("no such luck")


@pytest.mark.parametrize(
    ("reconcile", "found"),
    [
        (later, '{"paid":5,"key":"r:c"}'),
        (at_once, '{"paid":5,"key":"r:c"}'),
        (lambda ctx, amount: NOT_DONE, NOT_DONE),
        (lambda ctx, amount: UNKNOWN, UNKNOWN),
        (broken, UNKNOWN),
        (None, UNKNOWN),
    ],
)
async def test_the_function_says_what_became_of_a_call(reconcile: Any, found: object) -> None:
    ctx = RunContext(None, "r", "a", "c")
    assert await reconcile_call(make(reconcile), {"amount": 5}, ctx) == found


async def test_arguments_that_do_not_fit_are_not_passed_on() -> None:
    assert await reconcile_call(make(later), {"amount": "five"}, RunContext(None)) is UNKNOWN


@pytest.mark.parametrize("effect", ["read", "idempotent"])
def test_it_is_for_calls_that_write(effect: Any) -> None:
    with pytest.raises(DefinitionError, match="such a call is simply made again"):
        tool(name="pay", effect=effect, reconcile=later)(lambda: None)


@pytest.mark.parametrize("function", [lambda: 1, lambda ctx: 1, lambda ctx, total: 1])
def test_it_has_to_take_the_arguments_of_the_tool(function: Any) -> None:
    with pytest.raises(DefinitionError, match=r"\(ctx, amount\)"):
        make(function)

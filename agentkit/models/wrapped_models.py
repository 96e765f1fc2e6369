"""Wrappers around the models of all agents in a block, in tests and evaluations."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.models.model import Model

_wrapper: ContextVar[Callable[[Model], Model] | None] = ContextVar("agentkit_model_wrapper", default=None)


@contextmanager
def wrap_models(wrap: Callable[[Model], Model]) -> Generator[None]:
    """Wrap every model that a run opens inside the block, that of a sub-agent too. Blocks may be nested.

    Args:
        wrap: Takes the model and returns the one to use in its place.
    """
    outer = _wrapper.get()
    token = _wrapper.set(wrap if outer is None else lambda model: outer(wrap(model)))
    try:
        yield
    finally:
        _wrapper.reset(token)


def wrapped(model: Model) -> Model:
    """Return the model as the running block wraps it; itself outside of all blocks."""
    wrap = _wrapper.get()
    return model if wrap is None else wrap(model)

"""The tree of errors is the one that its file draws."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from agentkit import errors


def test_the_drawing_is_the_tree() -> None:
    drawn = re.findall(r"^([ │├└─]*)([A-Z]\w+)", (errors.__doc__ or ""), re.MULTILINE)
    tree: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    for indent, name in drawn:
        if not hasattr(errors, name):
            continue
        while stack and stack[-1][0] >= len(indent):
            stack.pop()
        tree[name] = stack[-1][1] if stack else "Exception"
        stack.append((len(indent), name))
    defined = {
        name: cls.__bases__[0].__name__
        for name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, Exception)
    }
    assert tree == defined


def test_what_programs_need_is_an_attribute() -> None:
    tool_error = errors.ToolError("Sold out.", hint="Try coffee.", retryable=True)
    assert (str(tool_error), tool_error.hint, tool_error.retryable) == ("Sold out.", "Try coffee.", True)
    suggestion = errors.Suggestion("lines[0].kind", "new", "value")
    assert errors.InvalidArguments("No.", [suggestion]).suggestions == (suggestion,)


class SoldOut(errors.ToolError):
    """An error of a user's own, with an attribute and arguments of its own."""

    def __init__(self, item: str, *, left: int) -> None:
        super().__init__(f"{item} is sold out.", hint="Try coffee.")
        self.left = left


MADE = [
    *(
        cls("Text.")
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.AgentkitError) and cls not in (errors.ModelError, errors.RunIncomplete)
    ),
    errors.ModelError("Late.", kind="overloaded_error", code="c", status=529, request_id="r", is_retryable=True),
    errors.RunIncomplete("No output.", outcome="refused"),
    errors.InvalidArguments("No.", [errors.Suggestion("a", "b", "key")]),
    SoldOut("Tea", left=0),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickle_and_copies(error: errors.AgentkitError) -> None:
    error.add_note("Seen in the shop.")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert (again.args, str(again), vars(again)) == (error.args, str(error), vars(error))

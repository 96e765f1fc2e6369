"""The tree of errors is the one that its file draws."""

from __future__ import annotations

import inspect
import re

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

"""The contract of tools: the shop's keep it, and broken ones are found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import ToolError, tool
from agentkit.messages.message import JSONObject
from agentkit.testing.contracts import ToolContract
from agentkit.tools.toolset import AnyTool
from tests.testing.contracts.test_model import fails


@dataclass
class Line:
    """A line of an order."""

    item: str
    """Which item."""
    count: int = 1
    """How many."""


@tool(effect="write", examples=[{"lines": [{"item": "tea", "count": 2}], "note": "door"}, {"lines": []}])
async def order(lines: list[Line], note: str = "") -> dict[str, int]:
    """Order items.

    Args:
        lines: What to order.
        note: For the driver.
    """
    if any(line.count < 1 for line in lines):
        raise ToolError("Nothing can be ordered less than once.")
    return {line.item: line.count for line in lines}


class TestOrder(ToolContract):
    @pytest.fixture
    def tool(self) -> AnyTool:
        return order


class TestExamplesOfItsOwn(ToolContract):
    @pytest.fixture
    def tool(self) -> AnyTool:
        return order

    @pytest.fixture
    def examples(self) -> list[JSONObject]:
        return [{"lines": [{"item": "cup"}]}]


HEAD = """
import anyio, pytest
from agentkit import tool
from agentkit.testing.contracts import ToolContract

class TestOurs(ToolContract):
    @pytest.fixture
    def tool(self):
        return ours

"""

BROKEN = {
    "no description": (
        "@tool(examples=[{'a': 1}])\ndef ours(a: int) -> str:\n    return 'x'",
        "test_it_and_its_parameters_have_descriptions",
    ),
    "a parameter without one": (
        "@tool(examples=[{'a': 1}])\ndef ours(a: int) -> str:\n    'It does.'\n    return 'x'",
        "test_it_and_its_parameters_have_descriptions",
    ),
    "no example": ("@tool\ndef ours(a: int) -> str:\n    'It does.'\n    return 'x'", "test_examples_are_taken"),
    "an example that fails": (
        "@tool(examples=[{'a': 1}])\ndef ours(a: int) -> str:\n    'It does.'\n    raise OSError",
        "test_examples_are_taken",
    ),
    "an unexpected exception for what nearly fits": (
        "@tool(examples=[{'a': '1'}])\ndef ours(a: str) -> str:\n    'It does.'\n    return str(int(a))",
        "test_what_does_not_fit_is_refused_in_words",
    ),
    "a call that cannot be cancelled": (
        (
            "@tool(examples=[{'a': 1}])\nasync def ours(a: int) -> str:\n    'It does.'\n"
            "    with anyio.CancelScope(shield=True):\n        await anyio.sleep(0.3)\n    return 'x'"
        ),
        "test_a_call_can_be_cancelled",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_tool_that_breaks_it_fails_the_test_that_is_about_it(
    pytester: pytest.Pytester, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, test = BROKEN[way]
    monkeypatch.setattr("agentkit.testing.contracts.tools._TIMEOUT_S", 0.1)
    assert fails(pytester, HEAD + source, test)

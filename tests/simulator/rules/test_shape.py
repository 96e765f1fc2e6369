"""Shapes of bodies, reported as the API reports them; the table of bodies holds the rest."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator.rules.shape import find_shape_error
from tests.simulator.bodies import GOOD, HI, ask, body


@pytest.mark.parametrize("name", GOOD)
def test_good_bodies_have_their_shape(name: str) -> None:
    assert find_shape_error(GOOD[name], counting=False) is None


def test_the_first_problem_is_told_with_its_path() -> None:
    request = body(HI, ask({"type": "text"}, 5), model=3)
    assert find_shape_error(request, counting=False) == "model: Input should be a valid string"
    request["model"] = "claude-opus-5-5"
    assert find_shape_error(request, counting=False) == "messages.1.content.0.text.text: Field required"


@pytest.mark.parametrize("field", ["tools", "tool_choice", "thinking", "output_config", "cache_control", "stream"])
def test_a_field_may_be_null_where_the_api_lets_it(field: str) -> None:
    assert find_shape_error(body(**{field: None}), counting=False) is None


def test_a_system_prompt_may_not_be_null() -> None:
    assert find_shape_error(body(system=None), counting=False) == "system: Input should be a valid list"


def test_unknown_fields_pass_at_any_depth() -> None:
    request: JSONObject = body(ask({"type": "text", "text": "x", "new": 1}), new={"new": []})
    assert find_shape_error(request, counting=False) is None

"""Settings: body fields, and none that the API refuses."""

from __future__ import annotations

from typing import Any

import pytest

from agentkit import Agent, DefinitionError, Settings


def test_the_defaults_cache_and_leave_the_rest_to_the_model() -> None:
    assert Settings().options() == {"max_tokens": 16_000, "cache_control": {"type": "ephemeral"}}


def test_each_setting_is_a_field_of_the_body() -> None:
    settings = Settings(
        max_tokens=5,
        effort="low",
        thinking={"type": "disabled"},
        cache="1h",
        extra={"metadata": {"user_id": "u"}, "output_config": {"x": 1}},
    )
    assert settings.options() == {
        "max_tokens": 5,
        "thinking": {"type": "disabled"},
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "metadata": {"user_id": "u"},
        "output_config": {"effort": "low", "x": 1},
    }
    assert "cache_control" not in Settings(cache=None).options()


@pytest.mark.parametrize(
    "name", ["temperature", "top_p", "top_k", "messages", "tools", "system", "model", "stream", "thread"]
)
def test_what_the_api_refuses_or_agentkit_sends_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match=name):
        Settings(extra={name: 0})


@pytest.mark.parametrize("name", ["cache_control", "context_management", "fallbacks"])
def test_what_does_not_go_with_a_thread_is_refused_beside_it(name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"thread=True.*{name}"):
        Settings(thread=True, extra={name: {}})
    assert name in Settings(extra={name: {}}, cache=None).options()


@pytest.mark.parametrize(
    ("given", "first", "later"),
    [
        (None, None, None),
        ("auto", {"type": "auto"}, {"type": "auto"}),
        ("any", {"type": "any"}, None),
        ("none", {"type": "none"}, {"type": "none"}),
        ({"type": "tool", "name": "find"}, {"type": "tool", "name": "find"}, None),
        (
            {"type": "any", "disable_parallel_tool_use": True},
            {"type": "any", "disable_parallel_tool_use": True},
            {"type": "auto", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_a_forced_call_holds_for_the_first_turn_only(given: Any, first: object, later: object) -> None:
    settings = Settings(tool_choice=given)
    assert (settings.tool_choice_for(1), settings.tool_choice_for(2)) == (first, later)
    assert "tool_choice" not in settings.options()


@pytest.mark.parametrize("given", ["find", {"type": "tool"}, {"name": "find"}, {}, 5, ["any"]])
def test_a_tool_choice_that_the_api_does_not_have_is_refused(given: Any) -> None:
    with pytest.raises(DefinitionError, match=r"tool_choice=.* must be one of 'auto', 'any', 'none'"):
        Settings(tool_choice=given)


def test_a_forced_call_does_not_go_with_a_thinking_budget_nor_with_a_tool_that_is_not_there() -> None:
    with pytest.raises(DefinitionError, match="thinking enabled"):
        Settings(tool_choice="any", thinking={"type": "enabled", "budget_tokens": 2000})
    with pytest.raises(DefinitionError, match="tool_choice names 'find', which is none of its tools"):
        Agent("a", model="claude-haiku-5-5", settings=Settings(tool_choice={"type": "tool", "name": "find"}))

"""Settings: body fields, and none that the API refuses."""

from __future__ import annotations

import pytest

from agentkit import DefinitionError, Settings


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

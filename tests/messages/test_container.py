"""The container of a conversation, as it is read from replies and named in requests."""

from __future__ import annotations

import pytest

from agentkit.messages.container import Container, container_field

SKILLS = [{"type": "anthropic", "skill_id": "pptx"}]
BOX = Container("container_5", "2026-11-28T12:00:00.5Z")


@pytest.mark.parametrize(
    ("given", "container"),
    [
        ({"id": "container_5", "expires_at": "2026-11-28T12:00:00.5Z", "skills": []}, BOX),
        (BOX.to_json(), BOX),
        ("container_5", Container("container_5")),
        ({"id": "container_5", "expires_at": 7}, Container("container_5")),
        ({"skills": SKILLS}, None),
        ({"id": 5}, None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_it_is_read_from_whatever_a_server_sends(given: object, container: Container | None) -> None:
    assert Container.from_api(given) == container


@pytest.mark.parametrize(
    ("container", "given", "resumed", "field"),
    [
        (BOX, None, False, "container_5"),
        (BOX, "container_1", False, "container_5"),
        (BOX, {"id": "container_1"}, False, "container_5"),
        (BOX, {"skills": SKILLS}, False, {"id": "container_5", "skills": SKILLS}),
        (BOX, {"skills": SKILLS}, True, "container_5"),
        (None, {"id": "container_1", "skills": SKILLS}, False, {"skills": SKILLS}),
        (None, "container_1", False, None),
        (None, None, True, None),
    ],
)
def test_it_is_named_by_its_id_alone_unless_there_are_skills(
    container: Container | None, given: object, resumed: bool, field: object
) -> None:
    assert container_field(container, given, is_resumed=resumed) == field


def test_it_is_suspended_after_its_time() -> None:
    assert BOX.is_suspended
    assert not Container("c", "2999-01-01T00:00:00Z").is_suspended
    assert not any(Container("c", text).is_suspended for text in ("", "soon", "2026-01-01T00:00:00"))

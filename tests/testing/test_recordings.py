"""Where recordings of tests lie; the plugin's tests say how they are made and followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.testing.recordings import recording_path


@pytest.mark.parametrize(
    ("test", "named", "place"),
    [
        ("test_tea", None, "tests/recordings/test_shop/test_tea.jsonl"),
        ("test_tea[trio-a/b c]", None, "tests/recordings/test_shop/test_tea-trio-a-b-c-.jsonl"),
        ("test_tea", "shared/tea.jsonl", "tests/shared/tea.jsonl"),
    ],
)
def test_a_recording_lies_beside_its_test(test: str, named: str | None, place: str) -> None:
    assert recording_path(Path("tests/test_shop.py"), test, named) == Path(place)

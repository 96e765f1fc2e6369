"""Tokens of pictures and PDFs, as the guides say."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from agentkit.messages.content import Document, File, Image
from agentkit.simulator.model_behavior.media_tokens import image_tokens, media_in, media_tokens
from agentkit.simulator.model_behavior.models import find_model_facts
from agentkit.simulator.model_behavior.prompt_cache import count_prompt_tokens
from tests.pictures import pdf, png

SHARP, OLDER = find_model_facts("claude-opus-5-5"), find_model_facts("claude-haiku-4-5")


@pytest.mark.parametrize(
    ("size", "sharp", "older"),
    [
        ((1, 1), 1, 1),
        ((256, 256), 100, 100),
        ((1024, 1024), 1369, 1369),
        ((1280, 720), 1196, 1196),
        ((1920, 1080), 2691, 1560),
        ((8000, 8000), 4761, 1521),
        ((8000, 10), 92, 56),
    ],
)
def test_a_picture_costs_by_its_pixels(size: tuple[int, int], sharp: int, older: int) -> None:
    block = Image.of(png(*size)).to_block()
    assert media_tokens(block, SHARP) == sharp
    assert media_tokens(block, OLDER) == pytest.approx(older, rel=0.05)


def test_no_picture_costs_more_than_the_most() -> None:
    for width in range(1, 8000, 531):
        for height in range(1, 8000, 487):
            assert 1 <= image_tokens(width, height, most_side=2_576, most_tokens=4_784) <= 4_784


def test_a_pdf_costs_by_its_pages_and_a_text_by_its_bytes() -> None:
    assert media_tokens(File(pdf(3), "application/pdf").to_block(), SHARP) == 4_500
    assert list(media_in(Document("a", "Tea").to_block())) == []


@pytest.mark.parametrize("source", [{"type": "url", "url": "https://x/a.png"}, {"type": "file", "file_id": "f"}])
def test_what_is_not_in_the_request_counts_as_something_big(source: dict[str, str]) -> None:
    assert media_tokens({"type": "image", "source": source}, OLDER) == 1_568
    assert media_tokens({"type": "document", "source": source}, None) == 1_500


def test_a_prompt_counts_pictures_wherever_they_stand() -> None:
    data = base64.b64encode(png(1024, 1024, 400_000)).decode()
    picture: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    inside: list[Any] = [
        picture,
        {"type": "tool_result", "tool_use_id": "c", "content": [picture]},
        {"type": "document", "source": {"type": "content", "content": [picture]}},
    ]
    for block in inside:
        body = {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": [block]}]}
        assert 1_369 < count_prompt_tokens(body) < 1_500

"""Transcripts on a page: hostile and huge texts, every kind of block."""

from __future__ import annotations

import pytest

from agentkit.evals.reports.transcripts import shortened_text, transcript_html
from agentkit.messages.message import JSONObject
from tests.evals.reports.evaluations import HOSTILE, messages


def test_every_block_is_shown_escaped() -> None:
    html = transcript_html(messages(HOSTILE))
    assert '<pre class="call">price {&quot;item&quot;:&quot;tea&quot;}</pre>' in html
    assert '<pre class="bad">no such item</pre>' in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "\x1b" not in html


def test_huge_transcripts_keep_their_ends() -> None:
    text = "begin" + "x" * 10_000_000 + "end"
    many: list[JSONObject] = [{"role": "user", "content": [{"type": "text", "text": text}] * 50}] * 500
    html = transcript_html([*messages(), *many, *messages("last words")])
    assert len(html) < 1_300_000
    assert "messages left out" in html
    assert "blocks left out" in html
    assert "last words" in html
    assert len(transcript_html([{"role": "assistant", "content": text}])) < 2_000
    assert shortened_text(text, 40).startswith("begin")
    assert shortened_text(text, 40).endswith("end")


@pytest.mark.parametrize(
    "content",
    [None, [], "text", [{"type": "image"}], [{"type": "new_block", "x": 1}], ["odd", 7], [{"type": "tool_result"}]],
)
def test_no_content_breaks_the_page(content: object) -> None:
    assert transcript_html([{"role": "user", "content": content}]).endswith("</div>")


def test_secrets_are_removed() -> None:
    key = "sk-ant-api03-" + "a1B2" * 20
    assert key not in transcript_html([{"role": "user", "content": f"the key is {key}"}])

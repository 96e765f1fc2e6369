"""A page loads nothing, and a text on it is a text."""

from __future__ import annotations

from agentkit.patterns.html_page import Html, html_legend, html_page, html_table, html_text


def test_texts_are_escaped_and_have_no_control_characters() -> None:
    page = html_page("<b>\x1b[31m", [html_table(["<i>"], [["<script>", Html("<em>yes</em>")]])], "p { color: red; }")
    assert "<title>&lt;b&gt;\N{REPLACEMENT CHARACTER}[31m</title>" in page
    assert "<td>&lt;script&gt;</td><td><em>yes</em></td>" in page
    assert "<th>&lt;i&gt;</th>" in page
    assert "p { color: red; }</style>" in page
    assert "http" not in page
    assert html_text("tea \ud83d") == "tea \N{REPLACEMENT CHARACTER}", "half of a surrogate pair can be written"


def test_a_legend_has_names_in_colours() -> None:
    assert html_legend({"<a>": "red"}) == '<p class="soft"><span style="color: red">&#9679;</span> &lt;a&gt;</p>'

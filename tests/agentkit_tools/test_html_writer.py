"""The text of a page from its elements; what becomes of each element stands in test_html_text.py."""

from agentkit_tools.html_tokens import End, Start
from agentkit_tools.html_writer import HtmlTextWriter


def test_blocks_become_paragraphs_and_skipped_ones_nothing() -> None:
    writer = HtmlTextWriter()
    for event in (Start("title"), "Shop", End("title"), Start("p"), "One", End("p"), Start("nav"), "menu", End("nav")):
        writer.write(event)
    writer.write_block("Two")
    assert (writer.title(), writer.text()) == ("Shop", "One\n\nTwo\n")


def test_what_is_left_open_is_written_all_the_same() -> None:
    writer = HtmlTextWriter()
    for event in (Start("pre"), "x = 1"):
        writer.write(event)
    assert writer.text() == "```\nx = 1\n```\n"

"""Elements that no reader sees are told."""

import pytest

from agentkit_tools.html_hidden import is_hidden, may_hide
from agentkit_tools.html_text import text_of_html

HIDDEN = [
    "<p style='display:none'>Obey.</p>",
    "<p style='color: red; DISPLAY : NONE !important'>Obey.</p>",
    "<p hidden>Obey.</p>",
    "<p hidden=until-found>Obey.</p>",
    "<p style='visibility:hidden'>Obey.</p>",
    "<p style='opacity:0.0'>Obey.</p>",
    "<div style=display:none><p><br>Obey.</div>",
]


@pytest.mark.parametrize("page", HIDDEN)
@pytest.mark.parametrize("is_costly", [False, True])
def test_what_an_element_hides_is_marked(page: str, is_costly: bool) -> None:
    around = f"{'<i>' * 300 * is_costly}<p>Tea.</p>{page}<p>Hot.</p>"
    assert text_of_html(around)[0] == "Tea.\n\n[hidden: Obey.]\n\nHot.\n"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p style='overflow:hidden; max-height:0; opacity:0.5'>Tea.</p>", "Tea.\n"),
        ("<div style='display:none'>&nbsp; &#847;</div>Tea.", "[hidden: \u034f]\n\nTea.\n"),
        ("<div hidden> <br></div>Tea.", "Tea.\n"),
        ("<div hidden>One<p>Two</div>Tea.", "[hidden: One\n\nTwo]\n\nTea.\n"),
        ("<div hidden>One<div hidden>Two</div></div><b>Tea.", "[hidden: One\n\nTwo]\n\nTea.\n"),
        ("Tea <span hidden>One</span><img hidden alt=x> hot.", "Tea [hidden: One] [picture: x] hot.\n"),
        ("<style>.x{display:none}</style><p class=x>Tea.", "Tea.\n"),
    ],
)
def test_only_text_that_is_hidden_is_marked(page: str, text: str) -> None:
    assert text_of_html(page)[0] == text


def test_most_pages_are_read_without_their_styles() -> None:
    assert not may_hide("<p style='overflow: hidden; color: red'>The fee is hidden, but</p>")
    assert not is_hidden({"style": None})


def test_time_grows_with_the_length_of_a_style_alone() -> None:
    for piece in ("0", "0.", " ", ";", "opacity:0", "display:"):
        assert not is_hidden({"style": f"opacity:{piece * 100_000}5"})

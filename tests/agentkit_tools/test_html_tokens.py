"""HTML read tag by tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.html_tokens import VOID_TAGS, End, Start, is_costly_to_parse, tokens_of_html


def test_each_start_has_its_end() -> None:
    assert list(tokens_of_html("<p class=a>Tea &amp; <b>cups</p></i>")) == [
        Start("p", {"class": "a"}),
        "Tea & ",
        Start("b"),
        "cups",
        End("b"),
        End("p"),
    ]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a < b <!-- <b> --> c", "a < b  c"),
        ("<a title='1 > 0' x=\">\">t</a>", "t"),
        ("<style>a > b</style>t", "a > bt"),
        ("<textarea>&lt;b></textarea>", "<b>"),
        ("<![CDATA[t]]", "t]]"),
        ("<!doctype html><?php x ?>t", "t"),
        ("t<a href=", "t"),
        ("t<", "t<"),
    ],
)
def test_markup_is_no_text(page: str, text: str) -> None:
    assert "".join(event for event in tokens_of_html(page) if isinstance(event, str)) == text


def test_text_or_another_element_ends_a_head_that_is_not_closed() -> None:
    assert End("head") in list(tokens_of_html("<head><title>x</title> <p>t"))[:6]


def test_an_element_without_end_is_not_left_open() -> None:
    assert not is_costly_to_parse("<p>x<br><li>" * 1000)
    assert not is_costly_to_parse("<div><b>x</b></div>" * 1000)
    assert is_costly_to_parse("<font>" * 1000)


@given(
    st.lists(
        st.sampled_from(
            [
                "<a>",
                "<b",
                "x='1'>",
                "</a>",
                "</b>",
                "<p>",
                "<br>",
                "<!",
                "<!--",
                "-->",
                "<?",
                "<",
                ">",
                "'",
                '"',
                "t",
                "<title>",
                "</title>",
                "<head>",
            ]
        )
    )
)
def test_any_page_is_balanced(pieces: list[str]) -> None:
    open_tags: list[str] = []
    for event in tokens_of_html("".join(pieces)):
        if isinstance(event, Start) and event.tag not in VOID_TAGS:
            open_tags.append(event.tag)
        elif isinstance(event, End):
            assert open_tags.pop() == event.tag
    assert open_tags == []

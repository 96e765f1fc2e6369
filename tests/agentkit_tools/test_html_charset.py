"""The encoding that a page declares."""

import pytest

from agentkit_tools.html_charset import charset_of_html


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        (b"<meta charset=gbk>", "gbk"),
        (b"<META CHARSET = 'GBK' />", "GBK"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">', "koi8-r"),
        (b"<?xml version='1.0' encoding='latin1'?><html>", "latin1"),
        (b"<p>charset=gbk</p>", None),
        (b"<metacharset=gbk>", None),
        (b"", None),
    ],
)
def test_it_is_found_where_browsers_look(page: bytes, charset: str | None) -> None:
    assert charset_of_html(page) == charset

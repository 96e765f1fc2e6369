"""HTML as text."""

import time

import pytest

from agentkit_tools.html_text import is_html_extra_installed, text_of_html


def test_headings_lists_code_and_tables_keep_their_shape() -> None:
    html = """<title> The  page </title><body><nav>menu</nav><h1>Tea <i>time</i></h1><p>One<br>two &amp; three.</p>
    <ul><li>green<li>black</ul><pre>x = 1
  y</pre><table><tr><th>a<th>b<tr><td>1<td>2</table><script>alert()</script>"""
    text, title = text_of_html(html)
    assert title == "The page"
    assert text == "# Tea time\n\nOne\ntwo & three.\n- green\n- black\n\n```\nx = 1\n  y\n```\n\na | b\n\n1 | 2\n"


def test_words_are_not_glued_across_blocks_nor_split_inside_inline_tags() -> None:
    assert text_of_html("<p>un<b>believ</b>able</p><p>next")[0] == "unbelievable\n\nnext\n"


def test_a_page_that_is_nested_deeper_than_the_stack_is_read() -> None:
    assert text_of_html("<div>" * 5_000 + "deep")[0].strip() == "deep"


def test_an_empty_page_has_no_text() -> None:
    assert text_of_html("")[0].strip() == ""


def test_the_extra_is_there_in_the_test_environment() -> None:
    assert is_html_extra_installed()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<form id=aspnetForm><h1>Policy</h1><p>Tea.</p></form>", "# Policy\n\nTea."),
        ("<div id=app></div><noscript><p>Tea.</p></noscript>", "Tea."),
        (
            "Name: <input value=Tea><input type=hidden value=no><input type=password value=no>",
            "Name: Tea",
        ),
        ("<input placeholder='Your name'><input type=submit value=Send>", "Your name Send"),
        (
            "<p><input type=checkbox checked>Green<input type=radio>Black",
            "[x] Green [ ] Black",
        ),
        ("<textarea>One\nTwo</textarea>", "One\nTwo"),
        ("Tea: <select><option>green<option selected>black</select>!", "Tea: black !"),
        ("<select><option>green<option>black</select>", "green"),
        ("<select multiple><option>green<option>black</select>", "green, black"),
        ("<button>Order <b>now</b></button>", "Order now"),
        ("<datalist><option>no</datalist><template>no</template>Tea", "Tea"),
        ("<img alt='Our shop' src=x><img src=y>", "[picture: Our shop]"),
        ("<nav><a>Home</a></nav>", "Home"),
        ("<nav><a>Home</a></nav>Tea", "Tea"),
        ("<svg><title>no</title><text>80 degrees</text><style>no</style></svg>", "80 degrees"),
        ("<ol start=3><li>green<li>black<li value=9>white</ol>", "3. green\n4. black\n9. white"),
        ("<table><tr><td>A<td>B<tr><td><td>3</table>", "A | B\n\n| 3"),
        ("<table><tr><td><td><td>3<td></table>", "| | 3"),
        ("<table><tr><td><p>A</p><td><p>B</p><td>C</table>", "A\n\nB\n\nC"),
        ("<iframe srcdoc='&lt;p&gt;Tea'>no</iframe>", "Tea"),
        ("<frameset><frame><noframes><p>Tea</p></noframes></frameset>", "Tea"),
        ("<object data=x><p>Tea</p></object>", "Tea"),
        ("<title>T</title><title>no</title>Tea", "Tea"),
    ],
)
@pytest.mark.parametrize("is_costly", [False, True])
def test_a_page_says_what_a_browser_shows(page: str, text: str, is_costly: bool) -> None:
    """Both readers give the same text: the parser, and the one that reads tag by tag."""
    assert text_of_html(page + " " * 300_000 * is_costly)[0] == f"{text}\n"


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"<b {n}>" for n in range(3000)) + "".join(f"<i {n}>" for n in range(3000)) + "x</b>" * 3000,
        "".join(f"<p><font size={n}>x" for n in range(3000)),
        "".join(f"<b {n}></x>" for n in range(3000)) + "<p>x" * 3000,
        "<ul><li>x" * 20_000,
        "<div>" * 20_000 + "<p>x" * 20_000,
        "<b " + " ".join(f"a{n}" for n in range(60_000)) + ">x",
        "<select>" + "<option>x" * 40_000,
        "x" + '<a b="' * 50_000,
        "x" + "<a <!-- <script " * 20_000,
    ],
    ids=["formatting", "fonts", "stray ends", "lists", "blocks", "attributes", "options", "quotes", "starts"],
)
def test_unclosed_elements_cost_little_time(page: str) -> None:
    start = time.monotonic()
    assert "x" in text_of_html(page)[0]
    assert time.monotonic() - start < 15


def test_a_page_that_takes_too_long_says_where_it_was_cut() -> None:
    assert text_of_html("<p>Tea</p>" * 3, most_seconds=-1)[0].endswith(
        "[the rest of this page is not read: it took too long]\n"
    )

"""HTML as text."""

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

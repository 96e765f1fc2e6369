"""A report as one HTML page that loads nothing from elsewhere: its frame, its style in light and dark, its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from agentkit.messages.printable import printable

_STYLE = """
:root { color-scheme: light dark; --page: #fcfcfb; --card: #fff; --ink: #1f2430; --soft: #626b7a; --line: #e3e5ea;
  --good: #2c7a4b; --bad: #b3372f; --heat: 42, 102, 200; --one: #2a66c8; --two: #c2571a; --three: #16806a;
  --four: #8a4fbf; --five: #a67c12; --six: #b83a6c; --seven: #4d7d1e; --eight: #5b6475; }
@media (prefers-color-scheme: dark) { :root { --page: #14171d; --card: #1a1e26; --ink: #e6e9ef; --soft: #98a2b3;
  --line: #2d3440; --good: #6fc890; --bad: #f08c82; --heat: 127, 176, 255; --one: #7fb0ff; --two: #f2a063;
  --three: #5fcdb0; --four: #c49bf0; --five: #dcb64c; --six: #f08fb4; --seven: #a4cf6a; --eight: #a9b3c3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; }
h3 { font-size: .95rem; margin: 0 0 .4rem; } p { margin: .3rem 0; }
.soft, figcaption { color: var(--soft); font-size: .875rem; } figure { margin: 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); } svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; paint-order: stroke; stroke: var(--page);
  stroke-width: 3px; stroke-linejoin: round; } svg text.soft { fill: var(--soft); }
.wide svg { min-width: 22rem; }
.grid { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
"""

SERIES = tuple(f"var(--{name})" for name in ("one", "two", "three", "four", "five", "six", "seven", "eight"))
"""The colours of things that are compared; those behind the eighth begin again."""


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def html_page(title: str, body: Iterable[str], style: str = "") -> str:
    """Return a whole page.

    Args:
        title: The title, plain text.
        body: The parts of the page, HTML.
        style: Rules of its own.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def html_table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table that scrolls by itself where the page is narrow; cells are plain text, or `Html`."""
    head = "".join(f"<th>{html_text(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def html_legend(colours: Mapping[str, str]) -> str:
    """Return a line of names, each behind a dot in its colour."""
    dots = (f'<span style="color: {colour}">&#9679;</span> {html_text(name)}' for name, colour in colours.items())
    return f'<p class="soft">{" &ensp;".join(dots)}</p>'


def html_text(text: str) -> Html:
    """Return a text as it is shown on a page: without control characters, and escaped unless it is `Html` already."""
    return text if isinstance(text, Html) else Html(escape(printable(text)))

"""The page of an evaluation loads nothing, holds hostile and huge texts, and shows what a reader looks for."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from agentkit.evals import Evaluation
from agentkit.evals.evaluation import TaskInfo
from tests.evals.reports.evaluations import HOSTILE, evaluation, messages, problem, trial

VOID = {"meta", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Reads a page: its elements, its text, and whether each element is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def headings(page: str) -> list[str]:
    return [part.partition("</h2>")[0] for part in page.split("<h2>")[1:]]


def test_the_page_has_all_sections_and_loads_nothing(tmp_path: Path) -> None:
    whole = evaluation(extra=[problem()], description="Prices and orders.", stopped="The budget is used up.")
    whole.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    reader = Reader(page)
    assert headings(page) == [
        "Agents compared",
        "Price and reliability",
        "Ratings",
        "Pass rate by task",
        "Tasks worth a look",
        "Failures",
        "Problems",
    ]
    assert not {"script", "link", "img", "iframe"} & {*reader.tags}
    assert not {"src", "href"} & {name for name, _ in reader.attributes}
    assert "url(" not in page
    assert "@import" not in page
    assert reader.tags.count("svg") == 3
    assert "1 trial could not be judged" in page
    assert "Not complete." in page
    assert "2 of 4 failed" in page
    assert "expected 4.0, found 5" in page
    assert '<pre class="bad">no such item</pre>' in page


def test_hostile_texts_stay_texts() -> None:
    odd = trial("<u>", HOSTILE, 1, passed=False, category=HOSTILE, output=HOSTILE, transcript=messages(HOSTILE))
    tasks = (TaskInfo(HOSTILE, HOSTILE),)
    trials = (odd, problem("<u>", HOSTILE))
    page = evaluation({"<u>": [0]}, suite=HOSTILE, description=HOSTILE, trials=trials, tasks=tasks).to_html()
    assert not {"script", "u"} & {*Reader(page).tags}
    assert "\x1b" not in page


@pytest.mark.parametrize(
    "whole",
    [
        evaluation({"good": [1]}, tries=1),
        evaluation({"good": [1], "fair": [0]}, trials=()),
        evaluation({"good": [4], "fair": [4]}),
        evaluation({"good": [0] * 2}, trials=(problem(),), tries=1),
    ],
)
def test_small_and_empty_evaluations_are_pages(whole: Evaluation) -> None:
    Reader(whole.to_html())
    assert whole.to_markdown()
    assert str(whole)

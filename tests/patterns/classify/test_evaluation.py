"""The evaluation: two passes over the texts, as a table of 80 columns and as a page that loads nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from agentkit import Budget
from agentkit.errors import UsageError
from agentkit.patterns import Classifier, Evaluation, Example, ExampleStore, evaluate_classifier
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CATEGORIES = {"delivery": "asks where it is", "complaint": "is angry <b>"}
STORE = [
    ("Where is my parcel?", "delivery"),
    ("Has the parcel been sent?", "delivery"),
    ("The cup is broken.", "complaint"),
    ("The broken cup is yours.", "complaint"),
]
LABELLED = [
    ("Is the parcel here?", "delivery"),
    ("My cup came broken.", "complaint"),
    ("Where is my parcel?", "delivery"),
    ("Nothing of that kind", "complaint"),
]


async def evaluated(**options: Any) -> Evaluation:
    classifier = Classifier(categories=CATEGORIES, examples=ExampleStore(STORE), fixed=options.pop("fixed", ()))
    client = Simulator(OfflineResponder()).client()
    return await evaluate_classifier(classifier, LABELLED, client=client, **options)


async def test_with_examples_and_without() -> None:
    heard: list[tuple[int, int]] = []
    evaluation = await evaluated(progress=lambda *counts: heard.append(counts), texts_from="the other half")
    assert heard[-1] == (8, 8)
    assert [one.decision.label for one in evaluation.judged] == ["delivery", "complaint", "delivery", None]
    assert evaluation.without_examples is not None
    assert all(not one.decision.examples for one in evaluation.without_examples.judged)
    assert evaluation.without_examples.macro_f1.value < evaluation.macro_f1.value
    table = str(evaluation)
    assert "classifier: claude-haiku-5-5, 2 labels" in table
    assert "numbers:  the other half (4 texts)" in table
    assert re.search(r"macro F1 +0\.8\d \(.*\) +0\.\d\d \(", table)
    assert "     1  complaint -> (abstained)" in table
    assert max(map(len, table.splitlines())) <= 80
    assert (await evaluated(compare=False)).without_examples is None


async def test_texts_that_a_budget_left_out_are_no_abstentions() -> None:
    evaluation = await evaluated(budget=Budget(max_requests=3), concurrency=1)
    assert (len(evaluation.judged), len(evaluation.unjudged), evaluation.abstained) == (3, 1, 0)
    assert evaluation.accuracy.value == 1
    assert evaluation.without_examples is not None
    assert len(evaluation.without_examples.unjudged) == 1
    for report in (str(evaluation), evaluation.to_html()):
        assert "1 text was not judged: budget" in report
        assert "1 text was not judged without examples: budget" in report
    nothing = await evaluated(budget=Budget(max_requests=0))
    assert (nothing.judged, len(nothing.unjudged)) == ((), 4)
    assert "4 texts were not judged" in str(nothing) + nothing.to_html()


async def test_texts_that_all_requests_show_are_not_judged() -> None:
    evaluation = await evaluated(fixed=[("where is MY parcel?", "delivery")])
    assert (len(evaluation.judged), evaluation.setting.left_out) == (3, 1)
    assert "(3 texts, 1 left out as fixed examples)" in str(evaluation)


async def test_the_page_stands_alone(tmp_path: Path) -> None:
    evaluation = await evaluated(examples_from="<script>alert(1)</script>")
    evaluation.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags: list[str] = []
    addresses: list[str | None] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            addresses.extend(value for name, value in attrs if name in ("src", "href"))

    Reader().feed(page)
    assert addresses == []
    assert not {"script", "b", "link", "img"} & {*tags}
    assert tags.count("svg") == 4, "intervals, two curves, confusion"
    assert "url(" not in page
    assert "&lt;script&gt;" in page


async def test_many_labels_are_still_a_page_and_a_table() -> None:
    labels = {f"kind {number}": "" for number in range(40)}
    pairs = [(f"about {label} {number}", label) for label in labels for number in range(2)]
    with script(lambda request: Reply.text("AB")):
        evaluation = await evaluate_classifier(Classifier(categories=labels), pairs)
    table = str(evaluation)
    assert "and 20 labels with a higher F1" in table
    assert "without" not in table
    assert max(map(len, table.splitlines())) <= 80
    assert evaluation.to_html().count("<circle") > 40


async def test_what_cannot_be_measured_is_refused() -> None:
    classifier = Classifier(categories=CATEGORIES, fixed=[("x", "delivery")])
    with pytest.raises(UsageError, match="'order', the label of 'tea', is none of the classifier's"):
        await evaluate_classifier(classifier, [Example("tea", "order")])
    with pytest.raises(UsageError, match="no labelled text"):
        await evaluate_classifier(classifier, [("X", "delivery")])

"""Documents tell all facts, in words of their own, and no passage is there for nothing."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from agentkit.evals.synthesis.corpus import CHARS_PER_TOKEN, corpus_of
from agentkit.evals.synthesis.facts import Arrival


@pytest.mark.parametrize("tokens", [10_000, 60_000])
def test_the_size_is_the_wanted_one_and_the_seed_chooses_the_rest(tokens: int) -> None:
    corpus = corpus_of(tokens, 1)
    chars = sum(len(one.text) for one in corpus.documents)
    assert 0.85 < chars / CHARS_PER_TOKEN / tokens < 1.15
    corpus_of.cache_clear()
    assert corpus_of(tokens, 1) == corpus
    assert corpus_of(tokens, 2).documents != corpus.documents


def test_each_passage_stands_in_its_document_with_the_sentences_that_count() -> None:
    corpus = corpus_of(10_000, 0)
    texts = {one.id: one.text.split("\n\n") for one in corpus.documents}
    assert len(texts) == len(corpus.documents)
    for passage in corpus.passages:
        assert passage.text in texts[passage.document]
        assert passage.arrival_text in passage.text
        assert passage.incident_text in passage.text
        assert "{" not in passage.text
    tellings = sum(len(paragraphs) - 1 for name, paragraphs in texts.items() if name != "almanac")
    assert tellings == len(corpus.passages)  # but for the first line of each document, there is nothing else


def test_every_fact_is_told_and_two_reports_of_one_stand_in_two_documents() -> None:
    corpus = corpus_of(10_000, 0)
    tellings: dict[Arrival, list[str]] = defaultdict(list)
    for passage in corpus.passages:
        if passage.arrival is not None:
            tellings[passage.arrival].append(passage.document)
    assert {*tellings} == {*corpus.facts.arrivals}
    assert all(len({*documents}) == len(documents) == 1 + one.is_reported_twice for one, documents in tellings.items())
    again = Counter(passage.ship.name for passage in corpus.passages if passage.arrival is None)
    assert again == {ship.name: 1 + ship.is_mentioned_again for ship in corpus.facts.ships}


def test_every_passage_tells_something_that_an_answer_depends_on() -> None:
    """A report says of a misfortune of a kind that is counted if it happened; all others say where a ship was built."""
    corpus = corpus_of(10_000, 0)
    counted = {(one.ship.name, one.incident) for one in corpus.facts.arrivals if one.has_incident}
    reports = [(one, one.arrival) for one in corpus.passages if one.arrival is not None]
    decisive = [tellings.has_incident or (one.ship.name, tellings.incident) not in counted for one, tellings in reports]
    assert sum(decisive) / len(decisive) > 0.6  # a second misfortune of one kind would not change the ship's answer
    assert all(one.incident_text for one, _ in reports)
    others = [one for one in corpus.passages if one.arrival is None]
    assert all(one.ship.built_at in one.text or one.ship.misreported_as in one.text for one in others)


def test_names_have_to_be_resolved() -> None:
    corpus = corpus_of(60_000, 0)
    reports = [one for one in corpus.passages if one.arrival is not None]
    named = sum(one.ship.name in one.text for one in reports) / len(reports)
    assert 0.2 < named < 0.4

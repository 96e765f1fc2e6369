"""BM25 ranks by rare shared words, says how much of a query a text covers, and stays fast."""

import time
from random import Random

from agentkit.retrieval import Bm25, split_terms, word_grams

TEXTS = (
    ("refunds", "Fees are refunded within 14 days."),
    ("cards", "Cards are free. Every card has a limit."),
    ("limits", "The limit of a card is 2,000 EUR; the limit of a transfer is higher."),
)


def test_texts_are_ranked_by_rare_shared_words() -> None:
    index = Bm25(TEXTS)
    assert [hit.id for hit in index.search("What is the limit of a transfer?")] == ["limits", "cards"]
    assert [hit.id for hit in index.search("limit", limit=1)] == ["limits"]
    assert index.search("mortgages") == []
    assert index.search("") == Bm25[str]().search("limit") == []
    assert len(index) == 3


def test_a_search_may_be_limited_to_some() -> None:
    index = Bm25(TEXTS)
    (only,) = index.search("the limit of a card", limit=1, among=lambda name: name == "cards")
    assert only == next(hit for hit in index.search("the limit of a card") if hit.id == "cards")
    assert index.search("refunded", among=lambda name: name == "cards") == []


def test_coverage_is_the_share_of_the_query() -> None:
    index = Bm25(TEXTS)
    (whole, *_), (part,) = index.search("fees refunded"), index.search("fees mortgages")
    assert whole.coverage == 1.0
    assert 0.2 < part.coverage < 0.6


def test_a_query_of_stop_words_alone_is_searched_as_it_is() -> None:
    assert {hit.id for hit in Bm25(TEXTS).search("the")} == {"limits"}


def test_n_grams_match_forms_of_a_word() -> None:
    assert Bm25(TEXTS).search("refunding") == []
    assert Bm25(TEXTS, terms=word_grams).search("refunding")[0].id == "refunds"


def test_the_best_are_those_of_all() -> None:
    random = Random(2)
    for round_ in range(20):
        texts = [
            " ".join(f"w{int(random.expovariate(random.choice([0.02, 0.2])))}" for _ in range(random.randrange(1, 60)))
            for _ in range(120)
        ]
        index = Bm25(enumerate(texts), terms=word_grams if round_ % 5 == 0 else split_terms)
        query = random.choice(texts)
        ranked = index.search(query, limit=200)
        assert [index.search(query, limit=limit) for limit in (1, 5, 50)] == [ranked[:limit] for limit in (1, 5, 50)]
        assert index.search(query, limit=0) == []


def test_ten_thousand_documents_answer_in_a_moment() -> None:
    random = Random(1)
    words = [f"word{int(random.expovariate(0.002))}" for _ in range(400_000)]
    index = Bm25((place, " ".join(words[place * 40 : place * 40 + 40])) for place in range(10_000))
    before = time.perf_counter()
    found = index.search("word1 word20 word300 word700 word1500 missing", limit=100)
    assert len(found) == 100
    assert time.perf_counter() - before < 1  # 50 ms on an idle machine; benchmarks/reading.py measures it


def test_of_a_long_query_the_words_count_that_say_most() -> None:
    index = Bm25([("common", "card limit free"), ("rare", "mortgage"), *((f"card {n}", "card") for n in range(9))])
    query = "card " * 9 + "limit mortgage mortgage unknown words of no text"
    assert [hit.id for hit in index.search(query, most_terms=1)] == ["rare"]
    assert {hit.id for hit in index.search(query, limit=2, most_terms=2)} == {"rare", "common"}
    assert index.search(query, most_terms=50) == index.search(query)

"""Full-text search keeps texts on disk, takes any query as words, and finds forms of English words."""

from pathlib import Path

import pytest

from agentkit.retrieval import FullText

TEXTS = [("refunds", "Fees are refunded within 14 days."), ("cards", "Cards are free: caf\u00e9 cards, too.")]


def test_texts_are_found_again_in_the_file(tmp_path: Path) -> None:
    with FullText(tmp_path / "texts.db") as index:
        index.add(TEXTS)
    with FullText(tmp_path / "texts.db") as index:
        assert len(index) == 2
        assert index.text("cards") == TEXTS[1][1]
        assert index.text("none") is None
        ((name, score),) = index.search("Which fee was refunding?")
        assert (name, score > 0) == ("refunds", True)


@pytest.mark.parametrize("query", ['"', "AND OR NOT", "a* ^b", "-x", "cards) OR (", "CAFE", "", " ".join("x" * 3000)])
def test_nothing_in_a_query_is_an_operator(query: str) -> None:
    with FullText() as index:
        index.add(TEXTS)
        assert [name for name, _ in index.search(query)] in ([], ["cards"])


def test_the_best_come_first_and_a_text_that_is_no_utf8_is_kept() -> None:
    with FullText() as index:
        index.add([("one", "limit"), ("two", "limit limit transfer"), ("odd", "limit \ud800\0 end")])
        assert index.search("transfer limit", limit=2)[0][0] == "two"
        assert index.text("odd") == "limit ?\0 end"

from collections.abc import Sequence

import pytest

from agentkit.patterns.nearest import NearestTexts


class Letters:
    """Vectors of the numbers of a's and b's."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[text.count("a") + 0.1, text.count("b") + 0.1] for text in texts]


@pytest.mark.parametrize("embedder", [None, Letters()])
def test_the_text_itself_is_never_found_however_often_it_is_there(embedder: Letters | None) -> None:
    texts = NearestTexts(embedder)
    numbers = [texts.add(text) for text in ("aa bb", "AA  bb", "aa bc", "aa bb", "b")]
    assert (numbers, len(texts), texts.is_by_words) == ([0, 1, 2, 3, 4], 5, embedder is None)
    assert [number for number, _ in texts.search("aa bb", 1)] == [2]
    assert all(number not in (0, 1, 3) for number, _ in texts.search("aa bb", 9))
    assert [number for number, _ in texts.search("aa", 9, among={4}.__contains__)] in ([], [4])
    assert NearestTexts(embedder).search("a", 3) == []


def test_a_text_is_found_that_was_added_after_a_search() -> None:
    texts = NearestTexts()
    texts.add("tea")
    texts.index_new_texts()
    texts.add("green coffee")
    assert [number for number, _ in texts.search("coffee", 3)] == [1]

"""Words lose accents and case, questions lose what says nothing, and forms of a word are alike."""

from agentkit.retrieval.terms import rarity_of, split_terms, wanted_terms, word_grams, word_similarity


def test_words_have_neither_accents_nor_case_and_addresses_are_none() -> None:
    assert split_terms("Caf\u00e9 readFile https://a.b/c 12.5%") == ["cafe", "read", "file", "12", "5"]


def test_a_question_is_what_it_asks_about() -> None:
    assert wanted_terms("What is the limit of a card? The limit!") == ["limit", "card"]
    assert wanted_terms("what is it") == ["what", "is", "it"]


def test_forms_of_a_word_are_alike_and_numbers_are_not() -> None:
    assert word_similarity("refunded", "refund") > 0.7
    assert word_similarity("2024", "2025") == 0
    assert {"tea", "^te", "tea$"} <= {*word_grams("tea")}


def test_a_rare_word_weighs_more() -> None:
    assert rarity_of(1, 100) > rarity_of(50, 100) > 0

"""Splitting documents at headings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import Document
from agentkit_tools.sections import first_heading, split_document

MARKDOWN = """Before it all.

# Tea

About tea.

## Green tea

80 degrees.

```sh
# no heading
```

Black tea
---------

100 degrees.
"""


def parts_of(text: str, max_chars: int = 8_000) -> list[tuple[str, str]]:
    return [(part.id, part.text) for part in split_document(Document("drinks", text), max_chars)]


def test_each_heading_starts_a_part_named_after_it() -> None:
    assert [part_id for part_id, _ in parts_of(MARKDOWN)] == [
        "drinks",
        "drinks#tea",
        "drinks#green-tea",
        "drinks#black-tea",
    ]
    assert parts_of(MARKDOWN)[3][1] == "Black tea\n---------\n\n100 degrees.\n"


def test_a_part_knows_the_titles_of_its_document_and_its_section() -> None:
    parts = split_document(Document("drinks", "# Tea\nHot.\n", "Drinks"))
    assert parts[0].title == "Drinks: Tea"


def test_restructured_text_is_split_at_its_underlines() -> None:
    text = "=====\nTitle\n=====\n\nIntro.\n\nUsage\n~~~~~\n\nRun it.\n"
    assert [part_id for part_id, _ in parts_of(text)] == ["drinks#title", "drinks#usage"]
    assert parts_of(text)[0][1] == "=====\nTitle\n=====\n\nIntro.\n\n"


def test_a_heading_with_nothing_below_it_goes_with_the_next_one() -> None:
    assert parts_of("# A\n\n## B\n\ntext\n") == [("drinks#a", "# A\n\n## B\n\ntext\n")]


def test_headings_of_the_same_name_get_different_ids() -> None:
    ids = [part_id for part_id, _ in parts_of("# A\nx\n# A\ny\n# A-2\nz\n# A\n")]
    assert len(set(ids)) == 4, ids


def test_a_long_section_is_cut_between_paragraphs() -> None:
    text = "# A\n\n" + "word " * 10 + "\n\n" + "more " * 10
    assert parts_of(text, 70) == [("drinks#a", text[:57]), ("drinks#a-2", text[57:])]


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_a_document_without_text_has_at_most_one_part(text: str) -> None:
    assert "".join(part for _, part in parts_of(text)) == text
    assert len(parts_of(text)) <= 1


def test_a_part_has_at_least_one_character() -> None:
    with pytest.raises(ValueError, match="max_chars=0"):
        split_document(Document("drinks", "text"), 0)


def test_the_first_heading_of_a_text() -> None:
    assert first_heading("intro\n\n# Tea #\n") == "Tea"
    assert first_heading("no heading") == ""


LINES = st.sampled_from(
    ["# A", "## B b", "text.", "", "---", "====", "```", "- item", "A\u2028b", "x" * 90, "\r", "é 🍵"]
)


@given(st.lists(LINES).map("\n".join), st.integers(1, 60))
def test_the_parts_of_any_text_join_to_it_fit_and_have_ids_of_their_own(text: str, max_chars: int) -> None:
    parts = parts_of(text, max_chars)
    assert "".join(part for _, part in parts) == text
    assert all(0 < len(part) <= max_chars for _, part in parts)
    assert len({part_id for part_id, _ in parts}) == len(parts)

"""Small documents share a request, big ones are cut at headings, and nothing is lost in between."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns.reading.packing import estimated_tokens, pack_parts, split_into_parts


def test_big_documents_are_cut_at_headings_with_overlap() -> None:
    lines = "words and lines\n" * 40
    text = "".join(f"# Part {number}\n\n{lines}\n" for number in range(10))
    parts = split_into_parts("doc", text, 800)
    assert len(parts) > 2
    assert all(part.tokens <= 800 for part in parts)
    for before, after in pairwise(parts):
        assert after.start < before.end < after.end
        assert text[before.end :].startswith("# Part")
        assert text[after.start - 1] == "\n"
    assert parts[1].name == f"doc, characters {parts[1].start}-{parts[1].end}"


@given(st.lists(st.text("ab \n#.\u00e4\u6f22", min_size=1, max_size=400), max_size=8), st.integers(1, 60))
def test_every_character_is_in_a_part_and_every_part_in_one_pack(texts: list[str], most: int) -> None:
    parts = [part for number, text in enumerate(texts) for part in split_into_parts(str(number), text, most)]
    for number, text in enumerate(texts):
        seen = {place for part in parts if part.document == str(number) for place in range(part.start, part.end)}
        assert seen == {*range(len(text))}
    packs = pack_parts(parts, most)
    assert [part for pack in packs for part in pack.parts] == parts
    assert all(pack.tokens <= most or len(pack.parts) == 1 for pack in packs)


def test_scripts_of_more_bytes_are_taken_for_more_tokens() -> None:
    assert estimated_tokens("\u6f22" * 100) > 2 * estimated_tokens("a" * 100)

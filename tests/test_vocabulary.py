"""One word for one thing: the words that went do not come back, and a docstring opens with a verb or with the thing."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
CODE_FOLDERS = ("agentkit", "tools", "examples", "benchmarks")
PAGES = ("README.md", "ARCHITECTURE.md", *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")))

WORD = re.compile(r"[A-Za-z]+")
NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
NOUN_PHRASE = re.compile(r"\s*(What|Whether|How|Why|Who|Whose|Which|Where)\b")
TEXT_TOKENS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
NOT_OURS = {("math", "floor")}
"""Names of other packages, as the two last parts of the dotted name."""
GROUND_TRUTH = re.compile("ground[_ ]truth", re.IGNORECASE)
"""A term of the field."""
KEPT = {
    ("agentkit/simulator/__init__.py", "mind"),  # the first names of public classes keep working
    ("agentkit/simulator/replies/responder.py", "mind"),
    ("agentkit/simulator/offline/__init__.py", "mind"),
    ("agentkit/history/saved.py", "told"),  # a key of the format in which conversations are saved
}


def retired_words() -> dict[str, str]:
    """Each word that is not used any more, with what is said instead."""
    lines = (ROOT / "tests" / "retired_words.txt").read_text(encoding="utf-8").splitlines()
    pairs: list[list[str]] = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return dict(pairs)


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def words_of(source: str) -> Iterator[tuple[int, str]]:
    """Each word of the names, comments and texts of a module, in lower case, with its line."""
    before = ("", "")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            if (before[0], token.string) not in NOT_OURS or before[1] != ".":
                yield from ((token.start[0], part.lower()) for part in NAME_PART.findall(token.string))
        elif token.type in TEXT_TOKENS:
            for number, line in enumerate(token.string.splitlines(), token.start[0]):
                yield from ((number, word.lower()) for word in WORD.findall(line))
        before = (before[0] if token.string == "." else token.string, token.string)


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, its classes, functions and attributes, with their lines."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            match statement:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    yield statement.lineno, text
                case _:
                    pass


def test_words_are_found_in_names_comments_and_texts() -> None:
    source = (
        'class OldPurse:\n    """A dialogue."""\n    begun_at = math.floor(1)  # asking\n    floor = f"the {1} news"\n'
    )
    assert {word for _, word in words_of(source)} >= {"purse", "dialogue", "begun", "asking", "floor", "news"}
    assert [line for line, word in words_of(source) if word == "floor"] == [4]


def test_docstrings_of_attributes_are_found() -> None:
    assert [text for _, text in docstrings('"""One."""\nclass A:\n    """Two."""\n    x = 1\n    """Three."""\n')] == [
        "One.", "Two.", "Three.",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", CODE_FOLDERS)
def test_no_retired_word_stands_in_code(folder: str) -> None:
    retired = retired_words()
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word} (say: {retired[word]})"
        for path in sources(folder)
        for line, word in words_of(GROUND_TRUTH.sub("", path.read_text(encoding="utf-8")))
        if word in retired and (path.relative_to(ROOT).as_posix(), word) not in KEPT
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES)
def test_no_retired_word_stands_in_documentation(page: str) -> None:
    retired = retired_words()
    lines = enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1)
    found = [
        f"{page}:{number}: {word} (say: {retired[word.lower()]})"
        for number, line in lines
        for word in WORD.findall(line)
        if word.lower() in retired
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["agentkit", "tools"])
def test_a_docstring_opens_with_a_verb_or_with_the_thing(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:60]}"
        for path in sources(folder)
        for line, text in docstrings(path.read_text(encoding="utf-8"))
        if NOUN_PHRASE.match(text)
    ]
    assert found == []

"""Tools over files, confined to a folder."""

import io
import os
from pathlib import Path

import pytest

from agentkit import ConfigurationError, ToolError
from agentkit_tools import files
from agentkit_tools.files import file_tools
from agentkit_tools.text_lines import TextFile

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "guide").mkdir(parents=True)
    (root / "guide/tea.md").write_text("# Tea\n\nGreen tea: 80 degrees.\n")
    (root / "notes.txt").write_text("coffee\n")
    (root / ".secret").write_text("tea")
    (tmp_path / "outside.txt").write_text("tea outside")
    (root / "out.txt").symlink_to(tmp_path / "outside.txt")
    (root / "away").symlink_to(tmp_path)
    (root / "alias.md").symlink_to("guide/tea.md")
    (root / "loop").symlink_to("loop")
    return root


async def call(root: Path, name: str, **arguments: object) -> str:
    [found] = [each for each in file_tools(root) if each.name == name]
    content = await found.call(arguments)
    assert isinstance(content, str)
    return content


async def refusal(root: Path, name: str, **arguments: object) -> str:
    with pytest.raises(ToolError) as raised:
        await call(root, name, **arguments)
    assert raised.value.hint, "a refusal says what to do"
    return str(raised.value)


async def test_a_file_is_read_with_numbered_lines(folder: Path) -> None:
    text = await call(folder, "read_file", path="guide/tea.md")
    assert text == "     1\t# Tea\n     2\t\n     3\tGreen tea: 80 degrees."


async def test_a_range_of_lines_is_read(folder: Path) -> None:
    assert await call(folder, "read_file", path="guide/tea.md", first_line=3) == "     3\tGreen tea: 80 degrees."
    assert await call(folder, "read_file", path="guide/tea.md", first_line=1, last_line=2) == "     1\t# Tea\n     2\t"


async def test_lines_that_a_file_does_not_have_are_refused(folder: Path) -> None:
    assert "has lines 1 to 3" in await refusal(folder, "read_file", path="guide/tea.md", first_line=4)
    assert "has lines 1 to 3" in await refusal(folder, "read_file", path="guide/tea.md", first_line=3, last_line=1)


async def test_a_big_file_is_read_in_pieces_that_say_how_to_go_on(folder: Path) -> None:
    (folder / "big.txt").write_text("line\n" * 2_500)
    text = await call(folder, "read_file", path="big.txt")
    assert text.endswith("  1000\tline\n[lines 1 to 1000 of 2500: read on with first_line=1001]")
    assert (await call(folder, "read_file", path="big.txt", first_line=2_001)).endswith("  2500\tline")


async def test_long_lines_are_clipped_and_much_text_is_bounded(folder: Path) -> None:
    (folder / "wide.txt").write_text(("x" * 10_000 + "\n") * 100)
    text = await call(folder, "read_file", path="wide.txt")
    assert "... [10000 characters]" in text
    assert len(text) < 55_000
    assert "read on with first_line=" in text


async def test_an_empty_file_is_said_to_be_empty(folder: Path) -> None:
    (folder / "empty.txt").touch()
    assert await call(folder, "read_file", path="empty.txt") == "[the file is empty]"


async def test_text_that_is_not_utf8_is_read_as_far_as_possible(folder: Path) -> None:
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    assert await call(folder, "read_file", path="latin.txt") == (
        "     1\tcafé\n[not all of it is UTF-8: other bytes are shown as in Windows-1252]"
    )


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("../outside.txt", "leads out of the folder"),
        ("guide/../../outside.txt", "leads out of the folder"),
        ("out.txt", "leads out of the folder"),
        ("away/outside.txt", "leads out of the folder"),
        ("loop", "There is no file"),
        ("loop/x", "There is no file"),
        ("/etc/passwd", "is not relative"),
        ("~/notes.txt", "is not relative"),
        ("C:\\notes.txt", "is not relative"),
        ("\\\\server\\share", "is not relative"),
        ("notes.txt\0.md", "NUL"),
        ("  ", "is empty"),
        (".secret", "There is no file"),
        ("nothing.txt", "There is no file"),
        ("guide", "is a folder"),
        ("notes.txt/x", "There is no file"),
        ("x" * 5_000, "There is no file"),
    ],
)
async def test_every_other_path_is_refused_with_what_to_do(folder: Path, path: str, says: str) -> None:
    message = await refusal(folder, "read_file", path=path)
    assert says in message
    assert len(message) < 400
    assert str(folder) not in message


async def test_links_and_detours_inside_the_folder_are_followed(folder: Path) -> None:
    assert "Green tea" in await call(folder, "read_file", path="alias.md")
    assert "coffee" in await call(folder, "read_file", path="guide/../notes.txt")


async def test_a_misspelt_path_gets_a_suggestion(folder: Path) -> None:
    assert "Did you mean 'guide/tea.md'?" in await refusal(folder, "read_file", path="tea.md")
    assert "Did you mean 'notes.txt'?" in await refusal(folder, "read_file", path="note.txt")


async def test_what_is_no_text_is_refused(folder: Path) -> None:
    (folder / "a.bin").write_bytes(b"\0\1")
    os.mkfifo(folder / "pipe")
    assert "is binary" in await refusal(folder, "read_file", path="a.bin")
    assert "not a regular file" in await refusal(folder, "read_file", path="pipe")


async def test_hidden_files_are_there_when_asked_for(folder: Path) -> None:
    [_, _, read] = file_tools(folder, include_hidden=True)
    assert await read.call({"path": ".secret"}) == "     1\ttea"


async def test_files_are_listed_without_links_that_lead_out(folder: Path) -> None:
    assert await call(folder, "list_files") == "alias.md\nnotes.txt\nguide/tea.md"


@pytest.mark.parametrize(
    ("glob", "listed"),
    [
        ("*.md", "alias.md\nguide/tea.md"),
        ("guide/**", "guide/tea.md"),
        ("guide/*", "guide/tea.md"),
        ("**/tea.*", "guide/tea.md"),
        ("**", "alias.md\nnotes.txt\nguide/tea.md"),
        ("./guide/tea.md", "guide/tea.md"),
    ],
)
async def test_a_glob_chooses_files(folder: Path, glob: str, listed: str) -> None:
    assert await call(folder, "list_files", glob=glob) == listed


@pytest.mark.parametrize("glob", ["../*", "/etc/*", "guide/*/*", "*.pdf"])
async def test_a_glob_that_matches_nothing_is_refused(folder: Path, glob: str) -> None:
    assert "No file matches" in await refusal(folder, "list_files", glob=glob)
    assert "No file matches" in await refusal(folder, "search_files", pattern="tea", glob=glob)


async def test_a_long_list_is_bounded_and_says_so(folder: Path) -> None:
    for i in range(510):
        (folder / f"f{i:03}.txt").touch()
    text = await call(folder, "list_files", glob="f*.txt")
    assert text.endswith("f499.txt\n[10 more files: narrow the glob]")


async def test_lines_are_found_by_text_and_by_expression(folder: Path) -> None:
    found = "alias.md:3: Green tea: 80 degrees.\nguide/tea.md:3: Green tea: 80 degrees."
    assert await call(folder, "search_files", pattern="tea: 80") == found
    assert await call(folder, "search_files", pattern=r"\d+ deg", regex=True) == found
    assert await call(folder, "search_files", pattern="coffee", glob="*.md") == "No line of 2 files matches."


@pytest.mark.parametrize("regex", [False, True])
async def test_a_search_tells_what_it_did_not_read(folder: Path, regex: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.bin").write_bytes(b"needle\0")
    binary = "[not searched: a.bin (binary)]"
    assert await call(folder, "search_files", pattern="needle", regex=regex, glob="a.bin") == binary
    assert await call(folder, "search_files", pattern="needle", regex=regex) == (
        f"{binary}\nNo line of 3 files matches."
    )
    found = await call(folder, "search_files", pattern="coffee", regex=regex)
    assert found == f"notes.txt:1: coffee\n{binary}"


async def test_text_of_windows_programs_is_found_and_read(folder: Path) -> None:
    (folder / "utf16.txt").write_bytes("one\nneedle\n".encode("utf-16"))
    (folder / "bom.md").write_bytes(b"\xef\xbb\xbfTitle\n")
    assert await call(folder, "search_files", pattern="NEEDLE".lower(), glob="utf16.txt") == "utf16.txt:2: needle"
    assert await call(folder, "search_files", pattern="^Title", regex=True) == "bom.md:1: Title"
    assert await call(folder, "read_file", path="utf16.txt") == "     1\tone\n     2\tneedle"


async def test_a_part_of_a_very_big_file_is_read_without_counting_its_lines(folder: Path) -> None:
    data = b"x\n" * 1_500 + b"needle\n" + b"x\n" * 500
    (folder / "big.log").write_bytes(data)
    assert await call(folder, "search_files", pattern="needle") == "big.log:1501: needle"

    def show(first_line: int, last_line: int | None) -> str:
        return files._show_lines(TextFile(io.BytesIO(data)), "big.log", first_line, last_line, counts_all=False)

    assert show(1_501, 1_501) == "  1501\tneedle"
    assert show(1, None).endswith("  1000\tx\n[lines 1 to 1000: read on with first_line=1001]")
    with pytest.raises(ToolError, match="has lines 1 to 2001"):
        show(3_000, None)


async def test_what_is_hidden_stays_hidden_behind_links(folder: Path) -> None:
    (folder / "open.txt").symlink_to(".secret")
    assert "open.txt" not in await call(folder, "list_files")
    assert await call(folder, "search_files", pattern="tea", glob="*.txt") == "No line of 1 files matches."
    assert "There is no file" in await refusal(folder, "read_file", path="open.txt")
    [listed, _, _] = file_tools(folder, include_hidden=True)
    assert "open.txt" in str(await listed.call({}))


async def test_a_broken_expression_is_explained(folder: Path) -> None:
    assert "is not a regular expression: missing )" in await refusal(folder, "search_files", pattern="(", regex=True)
    assert "pattern is empty" in await refusal(folder, "search_files", pattern="")


async def test_an_expression_that_never_ends_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SEARCH_SECONDS", 0.5)
    (folder / "trap.txt").write_text("a" * 60)
    assert "took more than 0.5 seconds" in await refusal(folder, "search_files", pattern="(a+)+b", regex=True)


async def test_the_tools_only_read(folder: Path) -> None:
    assert [(each.name, each.effect) for each in file_tools(folder)] == [
        ("list_files", "read"),
        ("search_files", "read"),
        ("read_file", "read"),
    ]


async def test_a_folder_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        file_tools(folder / "nothing")

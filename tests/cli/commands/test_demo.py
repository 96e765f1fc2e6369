"""`agentkit demo`: real documents, true quotes, or an honest nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agentkit.cli.main import main
from agentkit_tools.documents import read_installed

HTML = "<html><body><h1>Apollo</h1><p>The lander <b>Eagle</b> touched down on 20 July 1969.</p></body></html>"
METADATA = (
    "Metadata-Version: 2.1\nName: moon\nVersion: 1\n\n# moon\n\nA package that computes the phases of the moon.\n"
)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "apollo.html").write_text(HTML, encoding="utf-8")
    (folder / "moon.dist-info").mkdir()
    (folder / "moon.dist-info" / "METADATA").write_text(METADATA, encoding="utf-8")
    (folder / "deep" / "bread.md").write_text("# Bread\n\nLet the dough rest for two hours.\n", encoding="utf-8")
    (folder / "tides.txt").write_text("The tide follows the moon.\nSpring tides come at new moon.\n", encoding="utf-8")
    (folder / "blob.bin").write_bytes(b"\x00\x01\x02\x03")
    return folder


def test_the_default_reads_real_documents_with_a_reader_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert "not a language model" in out
    assert re.search(r"^\[\d+\] [^\[]*characters\s\d+-\d+$", out, re.MULTILINE)
    read = re.search(r"(\d+) documents read, (\d+) model calls", err)
    assert read
    assert int(read.group(1)) >= 10
    assert int(read.group(2)) >= 10
    assert re.search(r"tokens, would cost \$0\.\d+", err)
    assert max(map(len, out.splitlines())) <= 80


def test_the_default_question_is_answered_by_the_documents_of_what_agentkit_depends_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    both = re.compile(r"HTTP/1\.1\W+and HTTP/2")
    telling = {cited["document"] for cited in result["citations"] if both.search(cited["quote"])}
    assert telling
    assert telling == {document.id for document in read_installed().documents if both.search(document.text)}
    assert result["dropped"] == 0


def test_what_no_request_can_carry_is_quoted_all_the_same(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (docs / "evil\n\x1b[31m.txt").write_text("The \x1b]0;owned\x07 dragon sleeps below the bridge.", encoding="utf-8")
    assert main(["demo", "--docs", str(docs), "Where does the dragon sleep?"]) == 0
    out, err = capsys.readouterr()
    assert "below the bridge" in out
    assert "1 quote checked against the source, 0 dropped" in err
    assert "\x1b" not in out + err


@pytest.mark.parametrize("argv", [["demo", " "], ["demo", "--model", "claude-opus-5-5"]])
def test_what_makes_no_sense_is_said_before_anything_is_read(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert "Reading" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("question", "document", "quote"),
    [
        ("When did the lander touch down?", "apollo", "20 July 1969"),
        ("How long does the dough rest?", "bread", "two hours"),
        ("When do spring tides come?", "tides", "Spring tides come at new moon."),
        ("Which package computes phases of the moon?", "moon", "computes the phases of the moon"),
    ],
)
def test_a_folder_it_has_never_seen_gives_true_quotes(
    question: str, document: str, quote: str, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--docs", str(docs), question, "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out.splitlines()[-1])["citations"]
    assert any(document in one["document"] and quote in one["quote"] for one in found), found
    assert "blob.bin" in err


def test_what_no_document_answers_is_said_so(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--docs", str(docs), "Who invented the telephone?"]) == 0
    out, err = capsys.readouterr()
    assert "nothing found" in out
    assert "[1]" not in out
    assert "0 quotes checked" in err


@pytest.mark.usefixtures("no_credentials")
def test_a_key_in_the_environment_alone_changes_nothing(
    docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")
    assert main(["demo", "--docs", str(docs), "How long does the dough rest?"]) == 0
    assert "two hours" in capsys.readouterr().out

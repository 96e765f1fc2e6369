"""`agentkit mail`: index, search, thread, people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.cli.main import main
from tests.patterns.mail.mailboxes import BEN, mail, mbox


@pytest.fixture
def index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    first = mail("Tea\x1b[31m", "How much?", message_id="<1@x>", file="prices.csv")
    second = mail("Re: Tea", "It is hot.", sender=BEN, day="x", in_reply_to="<1@x>")
    (tmp_path / "Inbox").write_bytes(mbox(first, second))
    (tmp_path / "bad.eml").write_bytes(b"no headers")
    option = ["--index", str(tmp_path / "mail.db")]
    assert main(["mail", "index", str(tmp_path / "Inbox"), *option]) == 0
    assert main(["mail", "index", str(tmp_path / "bad.eml"), *option]) == 1
    out, err = capsys.readouterr()
    assert "Inbox: 2 messages, 2 new; " in out
    assert "not read: " in err
    assert "bad.eml: no e-mail: it has no headers" in err
    return option


def test_mail_is_found_and_read(index: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mail", "search", "tea", *index]) == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert "2024-01-01  Anna Adler <anna@example.com>  Tea[31m [1 file]  How much?" in first
    assert "undated     Ben Berg <ben@example.org>  Re: Tea  It is hot." in second
    assert "2 messages in 1 thread, 2 shown; 1 could not be read and are not searched" in err
    assert main(["mail", "thread", first.split()[0], *index]) == 0
    assert "Attachments: prices.csv (19 bytes)\n\nHow much?" in capsys.readouterr().out
    assert main(["mail", "people", "ben", *index]) == 0
    assert capsys.readouterr().out.split() == [
        "1", "sent", "2", "received", "Ben", "Berg", "<ben@example.org>",
    ]  # fmt: skip


def test_programs_get_lines_of_json(index: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "plan.txt").write_text("Buy tea.")
    for command in (["search", "tea", "--limit", "1"], ["people"]):
        assert main(["mail", *command, *index, "--json"]) == 0
    found, hit, *people = map(json.loads, capsys.readouterr().out.splitlines())
    assert (found["type"], found["count"], hit["type"], hit["subject"]) == ("found", 2, "message", "Tea[31m")
    assert [one["name"] for one in people] == ["Ben Berg", "Anna Adler"]
    assert main(["mail", "thread", hit["id"], *index, "--json"]) == 0
    assert main(["mail", "index", str(tmp_path / "notes"), *index, "--json"]) == 0
    *messages, added = map(json.loads, capsys.readouterr().out.splitlines())
    assert [message["text"] for message in messages] == ["How much?", "It is hot."]
    assert (added["read"], added["other_files"]) == (0, 1)


def test_what_cannot_work_ends_in_a_sentence(
    index: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mail", "search", "from:", *index]) == 2
    assert main(["mail", "thread", "x", *index]) == 2
    assert main(["mail", "search", "a", "--index", str(tmp_path / "none.db")]) == 2
    assert main(["mail", "index", str(tmp_path / "none"), *index]) == 3
    assert not (tmp_path / "none.db").exists()
    err = capsys.readouterr().err
    assert "The field 'from' has no value, at character 1" in err
    assert "`agentkit mail index PATH` makes one" in err
    assert main(["mail", "search", "from:anna", "--gmail", "--index", "none"]) == 0
    assert capsys.readouterr().out == 'from:"anna"\n'

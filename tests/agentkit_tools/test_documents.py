"""Folders and installed packages as documents."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit import ConfigurationError
from agentkit_tools import documents
from agentkit_tools.documents import Unreadable, read_folder, read_installed
from tests.agentkit_tools.pdf_by_hand import pdf


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_text_markdown_html_and_metadata_become_documents(tmp_path: Path) -> None:
    metadata = "Metadata-Version: 2.1\nName: Tea_Pot\nVersion: 1.2\n\n# Tea pot\n\nPours.\n"
    files: dict[str, str | bytes] = {
        "notes/plain.txt": "Plain.\n",
        "guide.md": "Intro\n\nThe guide\n=========\n",
        "page.html": "<title>A page</title><h2>Head</h2><p>Body",
        "tea_pot.dist-info/METADATA": metadata,
    }
    found = read_folder(write(tmp_path, files))
    assert found.unreadable == ()
    assert {document.id: (document.title, document.text) for document in found.documents} == {
        "guide": ("The guide", "Intro\n\nThe guide\n=========\n"),
        "notes/plain": ("plain.txt", "Plain.\n"),
        "page": ("A page", "## Head\n\nBody\n"),
        "tea-pot": ("Tea_Pot 1.2", "# Tea pot\n\nPours.\n"),
    }


def test_the_old_form_of_metadata_is_read_too(tmp_path: Path) -> None:
    info = "Metadata-Version: 1.0\nName: pot\nVersion: 1\nDescription: A pot\n        ===\n        \n        Pours.\n"
    assert read_folder(write(tmp_path, {"PKG-INFO": info})).documents[0].text.startswith("A pot\n===\n\nPours.")


def test_what_cannot_be_read_is_reported_and_costs_nothing_else(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "ok.txt": "fine",
        "binary.bin": b"a\0b",
        "latin.txt": "café".encode("latin-1"),
        "empty.md": "  \n",
        "scan.pdf": b"%PDF-1.7",
        "mail.eml": "\nhi",
        "huge.log": b"x" * 5_000_001,
        "METADATA": "Name: x\nVersion: 1\n",
    }
    write(tmp_path / "in", files)
    write(tmp_path, {"outside.txt": "secret"})
    (tmp_path / "in/out.txt").symlink_to(tmp_path / "outside.txt")
    (tmp_path / "in/out").symlink_to(tmp_path)
    (tmp_path / "in/broken").symlink_to("nowhere")
    (tmp_path / "in/loop").symlink_to("loop")
    write(tmp_path / "in", {".secret": "secret"})
    (tmp_path / "in/open.txt").symlink_to(".secret")
    os.mkfifo(tmp_path / "in/pipe")
    found = read_folder(tmp_path / "in")
    assert [document.text for document in found.documents] == ["fine"]
    assert found.unreadable == (
        Unreadable("METADATA", "package metadata without a description"),
        Unreadable("binary.bin", "binary, or text in UTF-16 without a byte order mark, not UTF-8 text"),
        Unreadable("broken", "a link to a file that does not exist"),
        Unreadable("empty.md", "empty"),
        Unreadable("huge.log", "5.0 MB, more than the 5 MB that are read"),
        Unreadable("latin.txt", "not UTF-8 text (byte 3)"),
        Unreadable("loop", "a link that leads to itself"),
        Unreadable("mail.eml", "no e-mail: it has no headers"),
        Unreadable("open.txt", "a link to a hidden file"),
        Unreadable("out", "a link that leads out of the folder"),
        Unreadable("out.txt", "a link that leads out of the folder"),
        Unreadable("pipe", "not a regular file"),
        Unreadable("scan.pdf", "a damaged PDF (Stream has ended unexpectedly)"),
    )


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.html", b"<meta charset=utf-8><p>Caf\xe9 and caf\xc3\xa9", "Caf\u00e9 and caf\u00e9\n"),
        ("a.html", b'<META http-equiv="content-type" content="text/html; CHARSET = shift_jis"><p>\x87\x40', "\u2460\n"),
        ("a.xhtml", b'<?xml version="1.0" encoding="iso-8859-1"?><p>Caf\xe9', "Caf\u00e9\n"),
        ("a.html", "<p>Café".encode("utf-16"), "Caf\u00e9\n"),
        ("a.txt", "Café".encode("utf-16"), "Caf\u00e9"),
        ("a.csv", "Café;3 cups".encode("utf-16-le"), "Caf\u00e9;3 cups"),
        ("a.md", "# Café à la".encode() + b" cr\xe8me", "# Caf\u00e9 \u00e0 la cr\u00e8me"),
    ],
)
def test_text_whose_encoding_is_declared_or_plain_is_read(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    assert read_folder(write(tmp_path, {name: data})).documents[0].text == text


@pytest.mark.parametrize("charset", ["undefined", "base64", "no-such", "idna", "unicode_escape"])
def test_a_page_in_an_encoding_that_is_none_costs_itself_only(tmp_path: Path, charset: str) -> None:
    page = f"<meta charset='{charset}'><p>Caf".encode() + b"\xe9"
    found = read_folder(write(tmp_path, {"ok.txt": "fine", "page.html": page}))
    assert [document.id for document in found.documents] == ["ok"]
    assert found.unreadable == (Unreadable("page.html", f"its encoding {charset!r} is not known"),)


def test_the_reason_of_a_file_without_permission_is_in_plain_words() -> None:
    assert documents.error_reason(PermissionError(13, "Permission denied")) == "permission denied"


def test_hidden_files_and_caches_are_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.txt": "a", ".b.txt": "b", ".git/c": "c", "__pycache__/d.txt": "d"}
    found = read_folder(write(tmp_path, files))
    assert [document.id for document in found.documents] == ["a"]
    assert found.unreadable == ()


def test_ids_are_unique_short_and_come_from_the_path(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "1",
        "a.txt": "2",
        "b/a.md": "3",
        "we ird (1).txt": "4",
        "we-ird-1.txt": "5",
        "x" * 100 + "1.md": "6",
        "x" * 100 + "2.md": "7",
    }
    ids = [document.id for document in read_folder(write(tmp_path, files)).documents]
    assert ids[:3] == ["a.md", "a.txt", "b/a"]
    assert len(set(ids)) == len(files)
    assert all(len(each) <= 61 and " " not in each for each in ids)
    assert ids == [document.id for document in read_folder(tmp_path).documents]


def test_a_name_that_is_not_utf8_is_no_obstacle(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt")).write_text("text")
    document = read_folder(tmp_path).documents[0]
    assert (document.text, document.title) == ("text", "bad\ufffd.txt")


def test_one_file_is_a_folder_of_one(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path, {"a.md": "# A", "b.md": "# B"}) / "a.md")
    assert [(document.id, document.title) for document in found.documents] == [("a", "A")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no document that can be read: it is empty."),
        (
            {"a.pdf": "", "b.pdf": ""},
            "no document that can be read: a.pdf: no PDF, though its name says so (and 1 more).",
        ),
    ],
)
def test_a_folder_without_documents_is_a_mistake_in_one_sentence(
    tmp_path: Path, files: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_folder(write(tmp_path, files))
    assert str(raised.value).endswith(message)


def test_a_missing_folder_is_a_mistake_in_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match=r"^The folder '/no/such' cannot be read: there is no such folder\.$"):
        read_folder("/no/such")


def test_without_its_extra_html_is_reported_with_the_command_that_installs_it(tmp_path: Path) -> None:
    write(tmp_path, {"a.html": "<p>x", "b.txt": "text"})
    program = (
        "import sys; sys.modules['selectolax'] = None; sys.path.insert(0, 'tools')\n"
        "from agentkit_tools.documents import read_folder\n"
        "print(read_folder(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    assert "id='b'" in done.stdout
    assert "pip install " in done.stdout


def test_installed_packages_carry_their_documentation() -> None:
    found = read_installed(limit=5)
    assert len(found.documents) == 5
    assert found == read_installed(limit=5)
    assert [document.id for document in found.documents] == sorted(document.id for document in found.documents)
    assert all(len(document.text) > 1_000 and document.title for document in found.documents)


def test_agentkits_own_page_is_not_among_them() -> None:
    ids = {document.id for document in read_installed(limit=1_000).documents}
    assert "pydantic" in ids
    assert "claude-agentkit" not in ids


def test_no_package_at_all_is_a_mistake_in_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match="No installed package"):
        read_installed(limit=0)


MBOX = "From anna\nFrom: Anna\nSubject: Tea\n\nTea is hot.\n\nFrom ben\nFrom: Ben\nSubject: Cups\n\nThree cups.\n"


def test_pdf_and_mail_become_documents_that_can_be_cited(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "scan.pdf": pdf("Tea is steeped at 80 degrees.", "Coffee is not."),
        "letter.eml": "From: Anna <anna@example.com>\nSubject: Tea\n\nTea is hot.\n",
        "inbox.mbox": MBOX,
    }
    found = read_folder(write(tmp_path, files))
    assert found.unreadable == ()
    by_id = {document.id: document for document in found.documents}
    assert set(by_id) == {"scan", "letter", "inbox.mbox/1", "inbox.mbox/2"}
    assert by_id["letter"].title == "Tea (Anna)"
    assert "[Page 2]\n\nCoffee is not." in by_id["scan"].text
    for document in found.documents:
        for part in documents.split_document(document, 40):
            assert part.text in document.text


def test_what_a_pdf_or_an_mbox_lacks_is_reported_beside_what_it_has(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path, {"a.mbox": f"{MBOX}\nFrom x\nX-Only: this\n\n", "b.pdf": pdf("Tea.", "")}))
    assert [document.id for document in found.documents] == ["a.mbox/1", "a.mbox/2", "b"]
    assert found.unreadable == (Unreadable("a.mbox/3", "an e-mail without headers that matter and without text"),)


def test_a_file_that_is_named_mbox_and_is_none_is_reported(tmp_path: Path) -> None:
    found = read_folder(write(tmp_path, {"a.mbox": "no mail", "ok.txt": "fine"}))
    assert found.unreadable == (Unreadable("a.mbox", "no mbox file, or one without messages"),)


def test_mail_is_read_where_programs_keep_it(tmp_path: Path) -> None:
    message = b"From: a@b.c\nSubject: Order\n\nForty kilos.\n"
    files: dict[str, str | bytes] = {
        "Apple.mbox/mbox": b"From a@b.c Mon Jan 1 00:00:00 2024\n" + message,
        "Apple.mbox/table_of_contents": b"a\0",
        "Apple/Messages/1.emlx": b"%d\n" % len(message) + message + b"<?xml version='1.0'?><plist/>",
        "Maildir/cur/17.M1.host:2,S": message,
        "Maildir/new/18.M1.host": message,
        "MH/17": message,
        "Thunderbird/Inbox": b"From - Mon Jan 1 00:00:00 2024\nX-Mozilla-Status: 0001\n" + message,
        "Thunderbird/Inbox.msf": "// <!-- <mdb:mork:z v='1.4'/> -->",
        "page.mhtml": message,
        "saved.txt": message,
    }
    found = read_folder(write(tmp_path, files))
    read = {document.id: document.text for document in found.documents}
    assert read.pop("saved") == message.decode()
    assert sorted(read) == [
        *("Apple.mbox/mbox/1", "Apple/Messages/1", "MH/17", "Maildir/cur/17.M1.host-2-S", "Maildir/new/18.M1"),
        *("Thunderbird/Inbox/1", "page"),
    ]
    assert all(text == "From: a@b.c\nSubject: Order\n\nForty kilos.\n" for text in read.values())
    assert [each.path for each in found.unreadable] == ["Apple.mbox/table_of_contents", "Thunderbird/Inbox.msf"]
    assert found.unreadable[1].reason == "indexes of Thunderbird, which hold no mail, cannot be read"


def test_a_file_that_is_named_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/tea.md").write_text("Tea.")
    (tmp_path / "in/.secret").write_text("No.")
    (tmp_path / "link.md").symlink_to("in/tea.md")
    (tmp_path / "other.md").symlink_to("in/.secret")
    assert [document.text for document in read_folder(tmp_path / "link.md").documents] == ["Tea."]
    with pytest.raises(ConfigurationError, match="a link to a hidden file"):
        read_folder(tmp_path / "other.md")

"""Examples on disk: files, folders, pairs by name and JSON lines; what cannot be read is named and costs no other."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from agentkit.errors import UsageError
from agentkit.patterns import Demonstration, Examples


def write(folder: Path, **texts: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        data = text.encode() if isinstance(text, str) else text
        (folder / name.replace("__", "/").replace("_", ".")).write_bytes(data)
    return folder


def test_every_file_of_a_folder_is_an_example_or_a_gap(tmp_path: Path) -> None:
    bad: dict[str, str | bytes] = {"d_txt": " ", "e_bin": b"\x00\x80\xff", "f_pdf": b"no PDF"}
    good = {"a_md": "# On tea\r\n", "a2_md": "# On tea", "b_txt": "\ufeffOn cups", "c_html": "<p>On <b>pots</b>"}
    folder = write(tmp_path / "essays", **good, **bad)
    examples = Examples.load(folder)
    assert {one.output for one in examples} == {"# On tea", "On cups", "On pots"}
    assert {gap.document for gap in examples.gaps} == {"d.txt", "e.bin", "f.pdf"}
    assert next(one.name for one in examples if one.output == "# On tea") == "a.md"
    missing = Examples.load(folder, tmp_path / "none.md")
    assert missing.items == examples.items
    assert any("no such file" in gap.reason for gap in missing.gaps)


def test_the_order_and_the_names_on_disk_change_no_byte(tmp_path: Path) -> None:
    texts = [f"Essay {n}" for n in range(9)]
    one = write(tmp_path / "one", **{f"f{n}_md": text for n, text in enumerate(texts)})
    two = write(tmp_path / "two", **{f"f{n}_txt": text for n, text in enumerate(reversed(texts))})
    lines = write(tmp_path / "three", x_jsonl="\n".join(json.dumps({"text": text}) for text in texts[::-1]))
    shown = {(str(examples), str(examples.messages())) for examples in map(Examples.load, (one, two, lines))}
    assert len(shown) == 1
    assert shown == {(str(Examples(texts)), str(Examples(texts[::-1]).messages()))}
    copied = Path(shutil.copytree(one, tmp_path / "four"))
    assert Examples.load(copied) == Examples.load(one)


def test_pairs_are_found_by_their_names(tmp_path: Path) -> None:
    essays = write(tmp_path / "essays", a_md="On A", b_md="On B", c_md="On C")
    talks = write(tmp_path / "talks", a_txt="We said A", b_txt="B1", b_md="B2", z_txt="Z")
    examples = Examples.load(essays, inputs=talks)
    assert examples.items == (Demonstration("On A", "We said A", "a.md"),)
    assert {gap.document: gap.reason.split(" in ")[0] for gap in examples.gaps} == {
        "b.md": "2 inputs of this name",
        "c.md": "no input of this name",
        "z.txt": "an input without an output of this name",
    }


def test_a_line_that_is_no_example_is_named_and_costs_no_other(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    good = [{"input": "x", "output": "y"}, {"text": "alone"}, {"output": "o"}, {"input": {"n": 1}, "output": [2]}, chat]
    bad = ['{"question": 1}', "[1]", "{", '{"text": " "}', '{"text": 4}', "[" * 10_000, '{"messages": [{"role": 1}]}']
    path = write(tmp_path, a_jsonl="\n".join([*map(json.dumps, good), "", *bad])) / "a.jsonl"
    examples = Examples.load(path)
    assert {(one.input, one.output) for one in examples} == {
        ("x", "y"), ("", "alone"), ("", "o"), ('{"n":1}', '{"answer":[2]}'), ("Hi", "Ho"),
    }  # fmt: skip
    assert [gap.document.rpartition(" ")[2] for gap in examples.gaps] == [str(n) for n in range(7, 14)]
    assert "'question'" in examples.gaps[0].reason


def test_pairs_in_a_file_of_another_kind_are_a_gap_and_not_one_text(tmp_path: Path) -> None:
    pair = {"input": "x", "output": "y"}
    pairs = {
        "a_json": [pair],
        "b_json": pair,
        "c_json": [["x", "y"]],
        "d_json": [{**pair, "by": 1}],
        "e_json": ["x", "y"],
    }
    tables = {"f_csv": "Input;Output\nx;y", "g_tsv": '"output"\t"input"\ny\tx'}
    texts = {"h_json": '{"input": "x", "output": "y", "by": 1}', "i_json": '["x"', "j_csv": "the input, output\n1,2"}
    folder = write(tmp_path, **{name: json.dumps(value) for name, value in pairs.items()}, **tables, **texts)
    examples = Examples.load(folder)
    assert {one.name for one in examples} == {"h.json", "i.json", "j.csv"}
    assert [gap.document[0] for gap in examples.gaps] == [*"abcdefg"]
    with pytest.raises(
        UsageError, match=r"a\.json: pairs of input and output: write each into a line of a \.jsonl file"
    ):
        Examples.load(folder / "a.json")
    assert Examples.load(folder / "h.json", inputs=folder / "h.json").items[0].input == texts["h_json"]


def test_files_of_json_lines_have_any_size_and_encoding_and_are_regular_files(tmp_path: Path) -> None:
    big = "\n".join(json.dumps({"text": f"{n} {'tea ' * 6000}"}) for n in range(230))
    assert len(big) > 5_000_000  # more than is read of a text
    folder = write(tmp_path / "shown", a_jsonl=big, b_jsonl='{"text": "t\u00e9"}'.encode("utf-16"), c_jsonl=b"\xff{}")
    os.mkfifo(folder / "d.jsonl")
    for name in ("e.jsonl", "f.txt"):
        (folder / name).symlink_to("/etc/hostname")
    examples = Examples.load(folder, folder / "a.jsonl")
    assert len(examples) == 231
    assert sorted(gap.document for gap in examples.gaps) == ["c.jsonl", "d.jsonl", "e.jsonl", "f.txt"]


def test_a_load_without_any_example_says_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Examples.load(tmp_path / "none")
    with pytest.raises(UsageError, match="paths of files"):
        Examples.load()
    with pytest.raises(UsageError, match=r"values go to Examples"):
        Examples.load(["a"])  # type: ignore[arg-type]

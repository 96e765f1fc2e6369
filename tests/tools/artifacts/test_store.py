"""What a tree has kept: bounded, the oldest goes first, and read through handles for as long as someone holds it."""

from __future__ import annotations

import gc
import tempfile
import weakref
from pathlib import Path

import pytest

from agentkit import ToolError, UsageError
from agentkit.tools.artifacts.content import MemoryPool
from agentkit.tools.artifacts.store import ArtifactLabel, ArtifactStore


def read(store: ArtifactStore, handle: str) -> str | bytes:
    return store.find(handle).read_whole()


def test_the_oldest_goes_when_the_store_is_full_and_its_handle_says_so() -> None:
    store = ArtifactStore(max_bytes=10_000)
    assert store.keep("artifact-1", "a" * 4_000)
    kept = store.list_kept("artifact-")["artifact-1"]
    assert store.keep("artifact-2", "b" * 4_000)
    assert store.keep("artifact-3", "c" * 4_000)
    assert read(store, "artifact-2") == "b" * 4_000
    with pytest.raises(ToolError, match="no longer kept"):
        store.find("artifact-1")
    with pytest.raises(UsageError, match="`artifact-1` is no longer kept"):
        kept.read()


def test_the_same_handle_again_takes_no_more_room() -> None:
    store = ArtifactStore(max_bytes=10_000)
    store.keep("artifact-1", "a" * 100)
    for _ in range(10):
        store.keep("artifact-2", "b" * 4_000)
    assert read(store, "artifact-1") == "a" * 100


def test_what_is_larger_than_all_the_room_is_not_kept_and_costs_nothing_else() -> None:
    store = ArtifactStore(max_bytes=1_000)
    store.keep("artifact-1", "a" * 100)
    assert not store.keep("artifact-2", b"b" * 2_000)
    assert not store.keep("artifact-2", "\u20ac" * 900)
    assert read(store, "artifact-1") == "a" * 100


def test_a_full_disk_is_no_failure_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert not ArtifactStore(memory=MemoryPool(0)).keep("artifact-1", "text")


def test_an_unknown_handle_is_told_with_what_may_be_meant_and_what_there_is() -> None:
    store = ArtifactStore()
    with pytest.raises(ToolError, match=r"no artifact `artifact-1`\. Nothing has been kept"):
        store.find("artifact-1")
    for n in (10, 2, 1):
        store.keep(f"artifact-{n}", "text")
    for wrong, meant in [("Artifact 2", "artifact-2"), ("10", "artifact-10"), ("artifact_1", "artifact-1")]:
        with pytest.raises(ToolError) as caught:
            store.find(wrong)
        assert f"Did you mean `{meant}`? Kept are: artifact-1, artifact-2, artifact-10." in str(caught.value)


def test_what_is_kept_is_listed_in_order_with_what_is_known_of_it() -> None:
    store = ArtifactStore()
    store.keep("artifact-10", b"\xff\xfe", ArtifactLabel("application/zip", "The logs.", "logs.zip"))
    store.keep("artifact-2", "text")
    store.keep("artifact-2-1", "below")
    assert list(store.list_kept("artifact-")) == ["artifact-2", "artifact-2-1", "artifact-10"]
    assert list(store.list_kept("artifact-2-")) == ["artifact-2-1"]
    logs = store.list_kept("artifact-")["artifact-10"]
    assert (logs.media_type, logs.summary, logs.name) == ("application/zip", "The logs.", "logs.zip")
    assert (logs.length, logs.is_text) == (2, False)


@pytest.mark.parametrize("whole", ["ä line\r\nand another\n", b"\xff\x00\xfe"])
@pytest.mark.parametrize("room", [MemoryPool(), MemoryPool(0)], ids=["memory", "file"])
def test_an_artifact_is_saved_as_it_is(tmp_path: Path, whole: str | bytes, room: MemoryPool) -> None:
    store = ArtifactStore(memory=room)
    store.keep("artifact-1", whole)
    kept = store.list_kept("artifact-")["artifact-1"]
    assert kept.read() == whole
    assert kept.save(str(tmp_path / "saved")) == tmp_path / "saved"
    assert (tmp_path / "saved").read_bytes() == (whole.encode() if isinstance(whole, str) else whole)


def test_whoever_holds_an_artifact_can_read_it_and_nothing_stays_behind_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.disable()  # the file goes with the last holder, not with the next collection
    try:
        store = ArtifactStore(memory=MemoryPool(0))
        store.keep("artifact-1", "text")
        kept = store.list_kept("artifact-")["artifact-1"]
        alive = weakref.ref(store.find("artifact-1"))
        del store
        assert kept.read() == "text"
        del kept
        assert alive() is None
    finally:
        gc.enable()
    assert [*tmp_path.iterdir()] == []

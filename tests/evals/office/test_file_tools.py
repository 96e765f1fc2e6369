"""Files are written, moved, deleted and shared, and nothing is overwritten by accident."""

from __future__ import annotations

import pytest

from agentkit import RunContext, ToolError
from agentkit.evals.office.file_tools import (
    Share,
    delete_file,
    list_files,
    move_file,
    read_file,
    share_file,
    write_file,
)  # fmt: skip
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Office

INES = "ines.okafor@halden.example"


@pytest.fixture
def ctx() -> RunContext[Office]:
    return RunContext(deps=story())


@pytest.mark.anyio
async def test_files_are_created_replaced_and_appended_to(ctx: RunContext[Office]) -> None:
    assert await list_files(ctx, "fair/") == ["fair/agenda.md", "fair/checklist.md", "fair/guests.sheet"]
    await write_file(ctx, "notes/new.md", "one")
    await write_file(ctx, "notes/new.md", "two", "append")
    assert await read_file(ctx, "notes/new.md") == "one\ntwo"
    with pytest.raises(ToolError, match="already"):
        await write_file(ctx, "notes/new.md", "three")
    await write_file(ctx, "notes/new.md", "three", "replace")
    assert await read_file(ctx, "notes/new.md") == "three"
    with pytest.raises(ToolError, match="no file 'notes/none"):
        await write_file(ctx, "notes/none.md", "text", "append")
    for call in (read_file(ctx, "it/laptops.sheet"), write_file(ctx, "it/laptops.sheet", "text", "replace")):
        with pytest.raises(ToolError, match="is a spreadsheet"):
            await call


@pytest.mark.anyio
async def test_shares_follow_a_file_and_end_with_it(ctx: RunContext[Office]) -> None:
    await share_file(ctx, "it/laptops.sheet", Share(people=[INES], role="viewer"))
    await share_file(ctx, "it/laptops.sheet", Share(people=[INES], role="editor"))
    await move_file(ctx, "it/laptops.sheet", "it/old/laptops.sheet")
    assert ctx.deps.shares["it/old/laptops.sheet"] == {INES: "editor"}
    assert "B2" in ctx.deps.sheets["it/old/laptops.sheet"]
    await delete_file(ctx, "it/old/laptops.sheet")
    assert "it/old/laptops.sheet" not in {**ctx.deps.sheets, **ctx.deps.shares}
    for call, text in (
        (share_file(ctx, "fair/agenda.md", Share(people=["x@y.example"], role="viewer")), "no mailbox"),
        (move_file(ctx, "fair/agenda.md", "fair/guests.sheet"), "already"),
        (move_file(ctx, "none.md", "some.md"), "no file"),
        (delete_file(ctx, "none.md"), "no file"),
    ):
        with pytest.raises(ToolError, match=text):
            await call

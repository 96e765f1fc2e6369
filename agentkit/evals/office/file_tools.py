"""Tools for files, and for the sharing of files and spreadsheets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agentkit.errors import ToolError
from agentkit.evals.office.world import Office, Role
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext


class Share(BaseModel):
    """People with whom a file is shared."""

    people: list[str]
    """Addresses."""
    role: Role


@tool(effect="read")
async def list_files(ctx: RunContext[Office], folder: str = "") -> list[str]:
    """List the paths of files and spreadsheets (`.sheet`).

    Args:
        folder: Only those below this folder. Empty: all.
    """
    ctx.deps.check_available("list_files")
    start = f"{folder.strip('/')}/" if folder.strip("/") else ""
    return sorted(path for path in (*ctx.deps.files, *ctx.deps.sheets) if path.startswith(start))


@tool(effect="read")
async def read_file(ctx: RunContext[Office], path: str) -> str:
    """Read the text of a file. Spreadsheets: read_cells.

    Args:
        path: The path.
    """
    ctx.deps.check_available("read_file", path)
    return _text(ctx.deps, path)


@tool(effect="write")
async def write_file(
    ctx: RunContext[Office], path: str, text: str, mode: Literal["create", "replace", "append"] = "create"
) -> str:
    """Write a text file.

    Args:
        path: The path.
        text: The text.
        mode: `create` refuses to overwrite a file, `append` adds lines to the end of one.
    """
    office = ctx.deps
    office.check_available("write_file", path)
    if path in office.sheets:
        raise ToolError(f"{path!r} is a spreadsheet.", hint="Use write_cells.")
    if mode == "create" and path in office.files:
        raise ToolError(f"There is a file {path!r} already; nothing was written.")
    office.files[path] = f"{_text(office, path).rstrip()}\n{text}" if mode == "append" else text
    return f"{path} is written."


@tool(effect="write")
async def move_file(ctx: RunContext[Office], path: str, new_path: str) -> str:
    """Move or rename a file or a spreadsheet. People with whom it is shared keep it.

    Args:
        path: The path.
        new_path: The new path, with the name of the file.
    """
    office = ctx.deps
    office.check_available("move_file", path)
    office.check_path(path)
    if new_path in office.files or new_path in office.sheets:
        raise ToolError(f"There is a file {new_path!r} already; nothing was moved.")
    if path in office.files:
        office.files[new_path] = office.files.pop(path)
    else:
        office.sheets[new_path] = office.sheets.pop(path)
    if path in office.shares:
        office.shares[new_path] = office.shares.pop(path)
    return f"{path} is now {new_path}."


@tool(effect="write")
async def delete_file(ctx: RunContext[Office], path: str) -> str:
    """Delete a file or a spreadsheet for good.

    Args:
        path: The path.
    """
    office = ctx.deps
    office.check_available("delete_file", path)
    office.check_path(path)
    office.files.pop(path, None)
    office.sheets.pop(path, None)
    office.shares.pop(path, None)
    return f"{path} is deleted."


@tool(effect="write")
async def share_file(ctx: RunContext[Office], path: str, share: Share) -> str:
    """Share a file or a spreadsheet with people of the address book. It sends no mail.

    Args:
        path: The path.
        share: The people, and what they may do.
    """
    office = ctx.deps
    office.check_available("share_file", path)
    office.check_path(path)
    office.check_addresses(share.people, "nothing was shared")
    office.shares.setdefault(path, {}).update(dict.fromkeys(share.people, share.role))
    return f"{path} is shared with {', '.join(share.people)}."


def _text(office: Office, path: str) -> str:
    if path in office.sheets:
        raise ToolError(f"{path!r} is a spreadsheet.", hint="Use read_cells.")
    office.check_path(path)
    return office.files[path]

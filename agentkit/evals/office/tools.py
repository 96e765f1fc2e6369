"""All tools of the office, by name."""

from __future__ import annotations

from agentkit.evals.office.calendar_tools import cancel_event, change_event, create_event, list_events, list_rooms
from agentkit.evals.office.file_tools import delete_file, list_files, move_file, read_file, share_file, write_file
from agentkit.evals.office.mail_tools import find_people, label_mails, move_mails, read_mail, search_mail, send_mail
from agentkit.evals.office.sheet_tools import add_row, read_cells, write_cells
from agentkit.tools.toolset import AnyTool

_ALL: tuple[AnyTool, ...] = (
    *(find_people, search_mail, read_mail, send_mail, move_mails, label_mails),
    *(list_events, list_rooms, create_event, change_event, cancel_event),
    *(list_files, read_file, write_file, move_file, delete_file, share_file),
    *(read_cells, write_cells, add_row),
)

TOOLS: dict[str, AnyTool] = {tool.name: tool for tool in _ALL}
"""The tools by name."""

"""Slash commands of the chat: `/help`, `/new`, `/save FILE`, `/quit`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentkit.cli.terminal.exit_codes import CommandError

HELP_TEXT = '''\
/help        this text
/new         begin a new conversation
/save FILE   write the conversation's messages as JSON
/quit        leave, as Ctrl-D does
@FILE        send the text of a file
A line that ends in \\ goes on in the next one. Text between """ and """ may have many lines and is sent as it is.
Ctrl-C ends a run, and what it did so far stays in the conversation; a second Ctrl-C while it ends kills the process.
At the prompt Ctrl-C gives up what was typed; twice in a row it leaves.'''

_COMMAND_NAMES = ("help", "new", "save", "quit")


def parse_slash_command(text: str) -> tuple[str, str] | None:
    """Return a command's name and its argument; None for a prompt.

    Raises:
        CommandError: The command does not exist, or its argument is missing or superfluous.
    """
    found = re.fullmatch(r"/([a-z]+)(?:\s+(.*))?", text, flags=re.DOTALL)
    if found is None:
        return None
    name, rest = found[1], (found[2] or "").strip()
    if name not in _COMMAND_NAMES:
        raise CommandError(f"There is no command /{name}: /help says what there is.")
    if bool(rest) != (name == "save"):
        raise CommandError("/save needs the name of a file." if name == "save" else f"/{name} takes nothing behind it.")
    return name, rest


class ConversationSaver:
    """Saves conversations as JSON files. It overwrites only files that it has written itself."""

    def __init__(self) -> None:
        self._written: set[Path] = set()

    def save(self, name: str, messages: Sequence[Mapping[str, object]]) -> str:
        """Write the messages to the file `name`, and return a sentence to print.

        Raises:
            CommandError: The file exists already, or cannot be written.
        """
        path = Path(name).expanduser().absolute()
        try:
            with path.open("w" if path in self._written else "x", encoding="utf-8") as file:
                self._written.add(path)
                json.dump(list(messages), file, ensure_ascii=False, indent=2)
                file.write("\n")
        except FileExistsError:
            raise CommandError(f"{name!r} exists already, and it is not from this chat: choose another name.") from None
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise CommandError(f"{name!r} cannot be written: {reason}.") from None
        count = len(messages)
        return f"{count} {'message' if count == 1 else 'messages'} written to {name}."

"""`agentkit runs resume RUN`: go on with a run where its process ended, and show what is done from there on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentkit.cli.arguments.journal import OPEN_STATES, find_run, open_journal, refuse_run_of_call
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path


def resume_run(args: Namespace) -> ExitCode:
    """Go on with a run; of one that has ended, print its recorded output, for which no key is needed."""
    from agentkit.agents.resume import stream_resumed
    from agentkit.cli.commands.run import choose_run_options, load_agent, report_run
    from agentkit.cli.terminal.watching import choose_display, watch_run

    journal = open_journal(args)
    info = find_run(journal, args.run_id)
    args.agent = args.agent or info.address
    if not args.agent:
        refuse_run_of_call(journal, args.run_id)
        raise CommandError(f"Say where the agent {info.agent!r} of this run is, for example --agent shop.agents:lead.")
    agent = load_agent(args)
    earlier = None if args.conversation is None else read_conversation(args.conversation)
    if args.again:
        journal.reopen(args.run_id)
    has_ended = not args.again and info.status not in OPEN_STATES
    client, options = (None, dict[str, Any]()) if has_ended else choose_run_options(args, agent)
    options["journal"] = journal
    display = choose_display(as_json=args.json)
    result, seconds = watch_run(lambda: stream_resumed(agent, args.run_id, earlier, **options), display, client)
    return report_run(args, agent, result, seconds)


def read_conversation(path: Path) -> object:
    """Return a saved conversation. Raises CommandError for a file that is no JSON."""
    from agentkit.cli.arguments.prompt_source import read_text_file

    try:
        return json.loads(read_text_file(path))
    except ValueError as error:
        raise CommandError(f"{str(path)!r} is no saved conversation, for it is no JSON: {error}.") from None

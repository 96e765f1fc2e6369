"""`agentkit runs resume RUN`: go on with a run where its process ended, and show what is done from there on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentkit.cli.arguments.journal import OPEN_STATES, find_run, open_journal
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from argparse import Namespace


def resume_run(args: Namespace) -> ExitCode:
    """Go on with a run; of one that has ended, print its recorded output, for which no key is needed."""
    from agentkit.agents.resume import stream_resumed
    from agentkit.cli.commands.run import choose_run_options, load_agent, report_run
    from agentkit.cli.terminal.watching import choose_display, watch_run

    journal = open_journal(args)
    info = find_run(journal, args.run_id)
    args.agent = args.agent or info.address
    if not args.agent:
        raise CommandError(f"Say where the agent {info.agent!r} of this run is, for example --agent shop.agents:lead.")
    agent = load_agent(args)
    if args.again:
        journal.reopen(args.run_id)
    has_ended = not args.again and info.status not in OPEN_STATES
    client, options = (None, dict[str, Any]()) if has_ended else choose_run_options(args, agent)
    options["journal"] = journal
    display = choose_display(as_json=args.json)
    result, seconds = watch_run(lambda: stream_resumed(agent, args.run_id, **options), display, client)
    return report_run(args, agent, result, seconds)

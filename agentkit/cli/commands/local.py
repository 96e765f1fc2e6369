"""`agentkit local`: a model of your own behind a Messages API, by llama.cpp's server in this process."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from agentkit.cli.arguments.parsing import parse_port
from agentkit.cli.terminal.encoding import print_log_line
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

    import xllamacpp

    from agentkit.cli.arguments.parsing import Subparsers

_GGUF_MAGIC = b"GGUF"


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    from pathlib import Path

    parser = commands.add_parser("local", parents=[shared], help="serve a model file by llama.cpp", description=__doc__)
    parser.add_argument("model", type=Path, metavar="MODEL.gguf", help="the model; its chat template must know tools")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=parse_port, default=8101, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--context", type=int, metavar="TOKENS", help="the window; default: what the model was made for"
    )
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="requests at once, which share the window")
    parser.add_argument(
        "--chat-template", type=Path, metavar="FILE", help="a Jinja template instead of the model's own"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same words for the same prompt")
    parser.set_defaults(run=serve_local_model)


def serve_local_model(args: Namespace) -> ExitCode:
    """Serve until Ctrl-C."""
    params = _server_params(args)
    try:
        from xllamacpp import Server

        server = Server(params)
    except RuntimeError as error:
        raise CommandError(
            f"llama.cpp could not serve {args.model} on {args.host}:{args.port}: it says why itself."
        ) from error
    base_url = server.listening_address
    print_log_line(f"Serving {args.model.name} on {base_url} (Ctrl-C ends). Use it as base URL, with any key:")
    print_log_line(f"  agentkit run MODULE:AGENT PROMPT --base-url {base_url}")
    print_log_line(f"  agentkit doctor --base-url {base_url}")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    del server  # its destructor stops the server
    return ExitCode.OK


def _server_params(args: Namespace) -> xllamacpp.CommonParams:
    """Return llama.cpp's settings.

    Raises:
        CommandError: The file is no model in GGUF format, or the package xllamacpp is not installed.
    """
    _check_model_file(args.model)
    try:
        from xllamacpp import CommonParams
    except ModuleNotFoundError:
        text = "This command needs llama.cpp: pip install xllamacpp"
        raise CommandError(text, ExitCode.CONFIGURATION) from None
    params = CommonParams()
    params.model.path = str(args.model)
    params.hostnames = [args.host]
    params.port = args.port
    params.n_parallel = args.parallel
    params.n_ctx = (args.context or 0) * args.parallel  # all requests share the window; 0 stands for the model's own
    params.verbosity = 1
    if args.seed is not None:
        params.sampling.seed = args.seed
    if args.chat_template is not None:
        from agentkit.cli.arguments.prompt_source import read_text_file

        params.chat_template = read_text_file(args.chat_template)
    return params


def _check_model_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise CommandError(f"The model {path} cannot be read: {error.strerror or error}.") from None
    if head != _GGUF_MAGIC:
        raise CommandError(f"{path} is no model that llama.cpp reads: it takes .gguf files.")

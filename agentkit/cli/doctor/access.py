"""Checks of the credentials, the connection to the server, and its list of models."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from agentkit.cli.doctor.finding import Finding, ok, problem, unknown, warning
from agentkit.cli.doctor.http_exchange import MESSAGES_PATH, SECRET_VARIABLES
from agentkit.messages.printable import one_line, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anthropic import AsyncAnthropic

    from agentkit.cli.doctor.http_exchange import NoResponse, ServerResponse
    from agentkit.models.endpoint_errors import EndpointError

_CLAUDE_API_HOST = "api.anthropic.com"
_SECRET_KINDS = dict(zip(SECRET_VARIABLES, ("API key", "auth token"), strict=True))
_MIN_KEY_CHARS = 16
"""Characters; of a shorter secret the last four are not shown, because they would disclose too much of it."""
_PREFERRED_MODEL = "claude-haiku-5-5"
"""The cheapest of Claude's models; used for the probes if the server has it."""
_SHOWN_MODELS = 3


def is_first_party(client: AsyncAnthropic) -> bool:
    """True if requests go to the Claude API itself, where they cost money."""
    return urlsplit(str(client.base_url)).hostname == _CLAUDE_API_HOST


def check_credentials(client: AsyncAnthropic, *, are_needed: bool, is_server_given: bool) -> Finding:
    """Report the credentials that the SDK would send; of a secret, only its kind and its last four characters.

    Args:
        client: The client that would send them.
        are_needed: The server is the Claude API, which asks for them.
        is_server_given: The server was named with `--base-url`, to which every command sends a dummy key.
    """
    check = "credentials"
    for name, kind in _SECRET_KINDS.items():
        if secret := os.environ.get(name):
            finding = _check_static_secret(check, name, kind, secret)
            if are_needed:
                return finding
            end = "." if finding.advice else ""
            return replace(finding, found=f"{finding.found.rstrip('.')}; it is sent to that server{end}")
    if client.credentials is not None:
        return ok(check, f"from a profile or a federation ({type(client.credentials).__name__})")
    if are_needed:
        advice = "Set ANTHROPIC_API_KEY, or name a server with --base-url."
        return problem(check, "none for the Claude API.", advice, is_access=True)
    if not is_server_given:
        advice = "Set ANTHROPIC_API_KEY, to any value if the server of ANTHROPIC_BASE_URL asks for none."
        return problem(check, "none, and without any an agent sends no request.", advice, is_access=True)
    return ok(check, "none; a server of your own may not ask for any")


def check_way(environment: Mapping[str, str], base_url: str | None) -> Finding:
    """Report the way that requests of agents take which are given no client, and why.

    Args:
        environment: The variables of the process.
        base_url: The server of `--base-url`, which stands in place of that of the environment.
    """
    from agentkit.cli.arguments.connection import way_to_url
    from agentkit.models.direct.proxies import find_proxies
    from agentkit.models.direct.way import DirectWay, choose_way

    if base_url is None:
        return ok("way", str(choose_way(environment, find_proxies(environment))))
    way = way_to_url(base_url, environment)
    if isinstance(way, DirectWay):  # also without a key: a server of your own may not ask for any
        return ok("way", f"direct, without the SDK: no proxy stands before {way.address}")
    return ok("way", str(way))


def unusable_credentials(reason: str) -> Finding:
    """Report that the SDK found credentials which it cannot use."""
    found = f"they cannot be used: {one_line(reason, 200)}"
    return problem("credentials", found, "Set ANTHROPIC_API_KEY, or repair the profile.", is_access=True)


def _check_static_secret(check: str, name: str, kind: str, secret: str) -> Finding:
    if secret != secret.strip() or not secret.isascii() or not secret.isprintable() or secret[0] in "\"'":
        advice = f"Set {name} again, without spaces, line breaks and quotes."
        return problem(check, f"the {kind} in {name} has characters that belong to no {kind}.", advice, is_access=True)
    if len(secret) < _MIN_KEY_CHARS:
        return ok(check, f"{kind} in {name}, {plural(len(secret), 'character')}, too short for one of the Claude API")
    return ok(check, f"{kind} in {name}, ends in {secret[-4:]}")


def reachable_server(address: str, answer: ServerResponse) -> Finding:
    """Report that the server answered."""
    return ok("reachable", f"{address} answered {answer.status} in {answer.seconds:.2f} s")


def unreachable_server(address: str, error: NoResponse) -> Finding:
    """Report that the server did not answer."""
    if error.advice:  # its reason names the address
        return problem("reachable", f"{error}.", error.advice, is_access=True)
    advice = "Look at the address, whether the server runs, and at HTTPS_PROXY and NO_PROXY."
    return problem("reachable", f"{address}: {error}.", advice, is_access=True)


def unusable_authorities(error: EndpointError) -> Finding:
    """Report that the certificates which the environment names cannot be used."""
    return problem("certificates", error.problem, error.advice, is_access=True)


def check_path(address: str, answer: ServerResponse) -> Finding | None:
    """Check from the answer to a request for a message that its path is known. None: it seems to be."""
    import httpx2

    from agentkit.models.endpoint_errors import advice_on_path

    if answer.status != 404:
        return None
    error = (answer.json_object or {}).get("error")
    is_of_api = (isinstance(error, dict) and "type" in error) or "model" in answer.brief()
    advice = advice_on_path(httpx2.URL(f"{address}{MESSAGES_PATH}"), is_of_api=is_of_api).strip()
    return problem("reachable", f"{address} answered {answer.brief()}.", advice, is_access=True) if advice else None


def check_authentication(answer: ServerResponse) -> Finding:
    """Check from the answer to a request that costs nothing whether the credentials are accepted."""
    if answer.status in {401, 403}:
        advice = "Set ANTHROPIC_API_KEY to a key that is valid there."
        return problem("authentication", f"{answer.brief()}.", advice, is_access=True)
    if answer.status == 200:
        return ok("authentication", "the credentials are taken")
    return unknown("authentication", f"{answer.brief()}.")


def check_models(answer: ServerResponse) -> Finding:
    """Report the models that the server lists."""
    names = model_names(answer)
    if names:
        rest = f" and {len(names) - _SHOWN_MODELS} more" if len(names) > _SHOWN_MODELS else ""
        return ok("models", one_line(f"{', '.join(names[:_SHOWN_MODELS])}{rest}", 120))
    found = "not supported (404)" if answer.status == 404 else answer.brief()
    return warning("models", f"{found}.", "Name a model with --model.")


def model_names(answer: ServerResponse) -> list[str]:
    """Return the model ids in an answer of /v1/models; empty for any other answer."""
    data = (answer.json_object or {}).get("data") if answer.status == 200 else None
    items = cast("list[object]", data) if isinstance(data, list) else []
    return [str(cast("dict[str, object]", item)["id"]) for item in items if isinstance(item, dict) and "id" in item]


def choose_model(given: str | None, available: Sequence[str]) -> str:
    """Return the model for the probes: the one that was named, else the preferred one, else the first in the list."""
    return given or (_PREFERRED_MODEL if _PREFERRED_MODEL in available or not available else available[0])

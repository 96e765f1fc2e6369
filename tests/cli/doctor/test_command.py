"""`agentkit doctor`: what is installed, the way to the server, and a secret that is never shown."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from importlib.metadata import version

import anthropic
import anyio.to_thread
import pytest

from agentkit import Agent
from agentkit.cli.doctor.access import (
    check_authentication,
    check_credentials,
    check_way,
    choose_model,
    is_first_party,
)
from agentkit.cli.doctor.http_exchange import ServerResponse
from agentkit.cli.doctor.setup import check_extras, check_package, check_prices, check_setup, parse_requirement
from agentkit.cli.main import main
from agentkit.errors import ConfigurationError
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineMind
from agentkit.testing.serving import served
from tests.cli.doctor_servers import Server, always, examine, statuses
from tests.models.wire.certificates import certificates
from tests.models.wire.raw_server import OK, answering, serving

SECRET = "sk-ant-api03-0123456789-abcd"
NOWHERE = "http://127.0.0.1:1"


def answer(status: int, body: bytes = b"{}") -> ServerResponse:
    return ServerResponse(status, {"content-type": "application/json"}, body, 0.1)


# -- what is installed -------------------------------------------------------------------------------------------------


def test_every_package_is_held_against_what_agentkit_asks_for() -> None:
    found = {finding.check: finding for finding in check_setup(date(2026, 11, 24))}
    assert list(found) == ["python", "agentkit", "anthropic", "pydantic", "anyio", "httpx2", "extras", "prices"]
    assert {str(finding.status) for finding in found.values()} == {"ok"}
    assert found["anthropic"].found == version("anthropic")


@pytest.mark.parametrize(
    ("name", "floor", "status", "words"),
    [
        ("anthropic", "2.12", "ok", "2."),
        ("anthropic", "999", "problem", "is older than 999"),
        ("no-such-package", "1", "problem", "not installed"),
    ],
)
def test_a_package_that_is_old_or_missing_is_a_problem(name: str, floor: str, status: str, words: str) -> None:
    finding = check_package(name, floor)
    assert finding.status == status
    assert words in finding.found
    assert finding.advice == ("" if status == "ok" else f"Do: pip install -U '{name}>={floor}'")


def test_extras_are_those_whose_packages_are_all_there() -> None:
    finding = check_extras([("anyio", "1", None), ("pydantic", "1", "a"), ("none", "1", "b"), ("anyio", "1", "b")])
    assert finding.found == "a; to add the rest: pip install 'none>=1'"
    assert check_extras([("anyio", "999", "a")]).status == "warning"


def test_the_version_of_a_requirement_keeps_its_suffix() -> None:
    line = "wordllama>=0.4.0.post1; (python_version < '3.14') and extra == 'embed'"
    assert parse_requirement(line) == ("wordllama", "0.4.0.post1", "embed")
    assert [parse_requirement(text) for text in ("tea>=1.2,<3", "tea")] == [("tea", "1.2", None), ("tea", "0", None)]


def test_prices_are_old_after_ninety_days() -> None:
    assert check_prices(date(2026, 11, 24)).status == "ok"
    finding = check_prices(date(2027, 11, 24))
    assert (finding.status, "366 days ago" in finding.found) == ("warning", True)


# -- credentials -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_credentials")
@pytest.mark.parametrize(
    ("name", "secret", "status", "shown"),
    [
        ("ANTHROPIC_API_KEY", SECRET, "ok", "API key in ANTHROPIC_API_KEY, ends in abcd"),
        ("ANTHROPIC_AUTH_TOKEN", SECRET, "ok", "auth token in ANTHROPIC_AUTH_TOKEN, ends in abcd"),
        ("ANTHROPIC_API_KEY", "hunter2", "ok", "too short"),
        ("ANTHROPIC_API_KEY", f"{SECRET}\n", "problem", "characters that belong to no"),
        ("ANTHROPIC_API_KEY", f'"{SECRET}"', "problem", "characters that belong to no"),
    ],
)
def test_of_a_secret_only_its_kind_and_its_end_are_shown(
    name: str, secret: str, status: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, secret)
    assert main(["doctor", "--base-url", NOWHERE]) == 3
    out, err = capsys.readouterr()
    line = next(line for line in out.splitlines() if " credentials " in line)
    assert line.startswith(status)
    assert shown in line
    assert secret.strip('"\n') not in out + err
    assert ".;" not in line
    assert ("it is sent to that server. Set" in line) == (status == "problem")
    assert "0123456789" not in out + err
    assert "hunter2" not in out + err


def test_without_credentials_the_claude_api_is_out_of_reach_and_a_server_of_your_own_is_not() -> None:
    client = anthropic.AsyncAnthropic(api_key="none")
    assert check_credentials(client, are_needed=True, is_server_given=False).status == "problem"
    assert check_credentials(client, are_needed=False, is_server_given=True).status == "ok"


def test_a_key_that_the_api_refuses_is_a_problem_of_access() -> None:
    refused = check_authentication(
        answer(401, b'{"type":"error","error":{"type":"authentication_error","message":"invalid"}}')
    )
    assert (refused.status, refused.is_access) == ("problem", True)
    assert "401 invalid" in refused.found
    assert check_authentication(answer(200)).status == "ok"
    assert check_authentication(answer(529)).status == "unknown"


def test_only_the_claude_api_itself_is_the_first_party() -> None:
    assert is_first_party(anthropic.AsyncAnthropic(api_key="none"))
    assert not is_first_party(anthropic.AsyncAnthropic(api_key="none", base_url="http://api.anthropic.com.example.org"))


# -- the way to the server --------------------------------------------------------------------------------------------


def test_a_port_where_nobody_listens_ends_with_3_and_nothing_more_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = examine(capsys, "--base-url", NOWHERE)
    assert code == 3
    assert list(found)[-1] == "reachable"
    assert "could not be reached" in found["reachable"]["found"]
    assert found["reachable"]["advice"]


def test_a_password_in_the_address_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Simulator(OfflineMind())) as base_url:
        _, found = examine(capsys, "--base-url", base_url.replace("//", "//me:hunter2@"))
    assert found["reachable"]["found"].startswith(base_url)
    assert "hunter2" not in str(found)


def test_a_server_that_hangs_is_given_up_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Server(None)) as base_url:
        code, found = examine(capsys, "--base-url", base_url, "--timeout", "0.3")
    assert code == 3
    assert found["reachable"]["found"].endswith("no answer within 0.3 s.") or "in time" in found["reachable"]["found"]


def test_the_claude_api_is_reached_through_the_proxy_of_the_environment_even_without_certificates() -> None:
    environment = {
        "HTTPS_PROXY": NOWHERE,
        "SSL_CERT_FILE": "nope.pem",
        "ANTHROPIC_API_KEY": SECRET,
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-m", "agentkit", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=50)
    assert done.returncode == 3, done.stderr
    assert "problem  reachable          https://api.anthropic.com" in done.stdout
    assert "HTTPS_PROXY" in done.stdout
    assert "problem  certificates       The certificates for TLS cannot be read: SSL_CERT_FILE=nope.pem" in done.stdout
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_lines_for_a_person_say_status_check_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with served(Simulator(OfflineMind())) as base_url:
        assert main(["doctor", "--base-url", f"{base_url}/v1/"]) == 0
    out, err = capsys.readouterr()
    assert "ok       message            claude-haiku-5-5 said " in out
    assert "warning  structured_output  the schema is ignored" in out
    assert "unknown  tools" in out
    assert "0 problems, 1 warning, 1 unknown" in err


@pytest.mark.usefixtures("no_credentials")
def test_an_environment_that_names_a_server_is_followed_and_needs_a_credential_as_every_run_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(always(500, {"error": "broken"})) as base_url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", base_url)
        code, found = examine(capsys)
        assert (code, found["credentials"]["status"]) == (3, "problem")
        assert "any value" in found["credentials"]["advice"]
        with pytest.raises(ConfigurationError, match=r"set ANTHROPIC_API_KEY.*ANTHROPIC_BASE_URL, any value will do"):
            Agent("keyless", model="claude-haiku-5-5").run_sync("Hi")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
        code, found = examine(capsys)
    assert code == 1
    assert found["reachable"]["found"].startswith(base_url)
    assert "500 broken" in found["message"]["found"]
    assert statuses(found)["error_shape"] == "warning"
    for body in [{"detail": "Not Found"}, {"error": {"type": "not_found_error", "message": "no"}}]:
        with served(always(404, body)) as base_url:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{base_url}/v1")
            code, found = examine(capsys)
        assert (code, list(found)[-1], found["reachable"]["status"]) == (3, "reachable", "problem")
        went = f"The request went to {base_url}/v1/v1/messages: leave /v1 out of ANTHROPIC_BASE_URL."
        assert found["reachable"]["advice"] == went


@pytest.mark.anyio
async def test_an_authority_that_is_not_trusted_is_told_with_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(answering(OK), tls=certificates().server) as server:
        base_url = f"https://localhost:{server.port}"
        code, found = await anyio.to_thread.run_sync(lambda: examine(capsys, "--base-url", base_url))
    assert (code, found["reachable"]["status"]) == (3, "problem")
    assert "certificate verify failed" in found["reachable"]["found"]
    assert found["reachable"]["advice"].endswith("the authorities that this machine trusts (SSL_CERT_FILE).")


@pytest.mark.parametrize(
    ("given", "offered", "asked"),
    [
        (None, [], "claude-haiku-5-5"),
        (None, ["claude-opus-5-5", "claude-haiku-5-5"], "claude-haiku-5-5"),
        (None, ["llama", "other"], "llama"),
        ("mine", ["llama"], "mine"),
    ],
)
def test_the_model_is_the_named_one_the_cheapest_or_the_first(
    given: str | None, offered: list[str], asked: str
) -> None:
    assert choose_model(given, offered) == asked


@pytest.mark.parametrize("arguments", [["--base-url", "nonsense"], ["--timeout", "0"], ["--timeout", "soon"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["doctor", *arguments])
    except SystemExit as stop:
        code = int(str(stop.code))
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "base_url", "said"),
    [
        ({"ANTHROPIC_API_KEY": SECRET}, None, "direct, without the SDK: ANTHROPIC_API_KEY is set"),
        ({"ANTHROPIC_API_KEY": SECRET, "HTTPS_PROXY": "p"}, None, "through the SDK's client: a proxy stands before"),
        ({}, f"{NOWHERE}/v1/", f"direct, without the SDK: no proxy stands before {NOWHERE}"),
        ({"http_proxy": "http://p"}, NOWHERE, "through the SDK's client: a proxy stands before"),
    ],
)
def test_the_way_of_requests_is_told_with_its_reason(
    environment: dict[str, str], base_url: str | None, said: str
) -> None:
    finding = check_way(environment, base_url)
    assert (finding.check, finding.status) == ("way", "ok")
    assert finding.found.startswith(said)
    assert SECRET not in finding.found

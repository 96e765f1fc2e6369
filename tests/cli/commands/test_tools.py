"""`agentkit tools`: what there is, what the API gets, what a call gives."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from agentkit.cli.main import main

pytestmark = pytest.mark.usefixtures("shop")


@pytest.mark.parametrize("address", ["shop", "shop:both", "shop:clerk"])
def test_tools_are_listed_with_their_effect(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "list", address]) == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.split()[:2] == ["price", "read"]
    assert first.endswith("Look up a price.")
    assert second.split()[:2] == ["order", "write?"]
    assert "no effect is declared" in err


def test_a_list_can_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["tools", "list", "shop:price", "--json"])
    assert json.loads(capsys.readouterr().out)["effect"] == "read"


def test_the_schema_is_what_the_api_gets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "schema", "shop:price"]) == 0
    param = json.loads(capsys.readouterr().out)
    assert param["name"] == "price"
    assert param["input_schema"]["properties"]["item"]["description"] == "What to look up."


def test_the_schema_of_one_of_several_is_had_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "schema", "shop", "order"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "order"


STORE = """
from contextlib import asynccontextmanager
from agentkit import Agent, RunContext, tool

@asynccontextmanager
async def open_store():
    yield {"tea": 4}

@tool(effect="read")
def stock(ctx: RunContext[dict[str, int]], item: str) -> int:
    ctx.progress("counting")
    return ctx.deps[item]

keeper = Agent("keeper", model="claude-opus-5-5", deps=open_store, tools=[stock])
boss = Agent("boss", model="claude-opus-5-5", tools=[keeper.as_tool()])
"""


@pytest.mark.parametrize(
    ("argv", "code", "out", "words"),
    [
        (["store:keeper", "--json", '{"item": "tea"}'], 0, "4\n", "counting"),
        (["store:keeper", "--json", '{"item": "milk"}'], 1, "", "KeyError: 'milk' ("),
        (["store:boss", "--json", '{"objective": "Count."}'], 2, "", "run it with `agentkit run"),
        (["store:keeper", "--json", "[" * 100_000], 2, "", "nested too deeply"),
    ],
)
def test_a_call_gets_the_deps_of_the_agent_that_is_named(
    argv: list[str], code: int, out: str, words: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "store.py").write_text(STORE, encoding="utf-8")
    assert main(["tools", "call", *argv]) == code
    got, err = capsys.readouterr()
    sys.modules.pop("store")
    assert got == out
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("argv", "code", "out", "words"),
    [
        (["shop", "price", "--json", '{"item": "tea"}'], 0, "4.0\n", ""),
        (["shop:order", "--json", '{"lines": [{"item": "tea"}]}'], 0, "1 lines ordered\n", ""),
        (["shop", "price", "--json", '{"item": "milk"}'], 1, "", "There is no milk."),
        (["shop", "price", "--json", '{"itm": "tea"}'], 1, "", "did you mean `item`"),
        (["shop", "price", "--json", "[]"], 2, "", "has to be a JSON object"),
    ],
)
def test_a_call_is_made_as_the_model_makes_it(
    argv: list[str], code: int, out: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tools", "call", *argv]) == code
    got, err = capsys.readouterr()
    assert got == out
    assert words in err

"""The worked system runs: by itself, from the command line offline, and against a served script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.cli.commands.simulate import read_script
from agentkit.cli.main import main
from agentkit.messages.message import JSONObject
from agentkit.simulator import Script, Simulator
from agentkit.testing import Reply, called, expect, in_order, never_called, script, served
from examples.retail.__main__ import PROMPT, offline_replies
from examples.retail.agents import Report, example_shop, lead
from examples.retail.records import Database
from examples.retail.shop import Shop

ROOT = Path(__file__).parent.parent.parent
LEAD = "examples.retail.agents:lead"


def as_shipped() -> Database:
    return Database.model_validate_json((ROOT / "examples" / "retail" / "shop.json").read_bytes())


@pytest.fixture(autouse=True)
def a_fresh_shop() -> None:
    """The shipped shop lasts as long as the process; each test has it as it comes."""
    example_shop.cache_clear()


def test_it_runs_by_itself() -> None:
    command = [sys.executable, "-W", "error", "-m", "examples.retail"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, cwd=ROOT)
    assert (process.returncode, process.stderr) == (0, "")
    assert "orders: #W1000001 is cancelled." in process.stdout
    assert "12 requests, 4 of them the lead's" in process.stdout
    assert process.stdout.endswith("Order #W1000001 is cancelled.\n")


@pytest.mark.anyio
async def test_each_clerk_makes_the_calls_that_are_its_own_and_a_refusal_stays_one() -> None:
    shop = Shop(as_shipped())
    with script(*offline_replies()):
        result = await lead.run(PROMPT, deps=shop)
    expect(
        result,
        called("find_customer").by("accounts").times(1),
        called("cancel_order", reason="ordered by mistake").by("orders").succeeding(),
        called("return_items").by("returns").failing().times(1),
        in_order("accounts", "orders", "returns"),
        never_called("hand_over"),
    )
    before = as_shipped().orders
    changed = [order_id for order_id, order in shop.database.orders.items() if order != before[order_id]]
    assert changed == ["#W1000001"]
    assert example_shop().customer_id is None


@pytest.mark.anyio
async def test_clerks_at_the_same_time_serve_the_same_customer_in_the_same_shop() -> None:
    shop = Shop(as_shipped(), "ada_okoye")
    errands = Reply.tool("orders", task="Cancel #W1000001.") + Reply.tool("returns", task="Return 500877 to PayPal.")
    calls = {
        "cancel_order": Reply.tool("cancel_order", order_id="#W1000001", reason="no longer needed"),
        "return_items": Reply.tool(
            "return_items", order_id="#W1000021", item_ids=["500877"], payment_method_id="paypal_5899"
        ),
    }

    def play(request: JSONObject) -> Reply:
        mine = next((calls[tool["name"]] for tool in request["tools"] if tool["name"] in calls), None)
        if len(request["messages"]) == 1:
            return mine or errands
        return Reply.output(Report(answer="Done.")) if mine else Reply.text("Both are done.")

    with script(play):
        result = await lead.run("Cancel the one, take back the other.", deps=shop)
    assert result.output == "Both are done."
    statuses = [shop.database.orders[order_id].status for order_id in ("#W1000001", "#W1000021")]
    assert statuses == ["cancelled", "return requested"]


def test_the_same_script_is_served_to_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    replies = read_script(ROOT / "examples" / "retail" / "script.json")
    assert replies == offline_replies()
    with served(Simulator(Script(*replies))) as base_url:
        assert main(["run", LEAD, PROMPT, "--base-url", base_url]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Your order #W1000001 is cancelled")
    assert "lead/returns: return_items failed: A refund goes to" in err
    assert "completed · 3 sub-agent runs · 12 requests" in err
    assert example_shop().database.orders["#W1000001"].status == "cancelled"


def test_the_offline_mind_reads_the_catalogue_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["run", LEAD, "Which kettles are electric?", "--offline"]) == 0
    out, err = capsys.readouterr()
    assert '"name":"Kettle"' in out
    assert err.count("lead: calls get_product") == len(example_shop().database.products)
    assert example_shop().database == as_shipped()


@pytest.mark.parametrize("address", ["examples.retail.tools", LEAD])
def test_the_lint_finds_no_problem_in_its_tools(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    main(["tools", "lint", address])
    assert "0 problems" in "".join(capsys.readouterr())

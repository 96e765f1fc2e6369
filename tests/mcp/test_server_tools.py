"""What a server lists becomes tools: names, effects, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agentkit.errors import DefinitionError
from agentkit.mcp import StdioServer
from agentkit.mcp.annotations import Annotations, ListedTool, effect_from_annotations
from agentkit.mcp.mcp_tool import McpTool, ProgressCallback, ServerResult
from agentkit.mcp.server_tools import (
    MountOptions,
    count_definition_tokens,
    make_tools,
    qualified_tool_name,
    select_usable_tools,
)

PLAIN = ListedTool("look", "Look.", {"type": "object"}, None, Annotations())
READ = ListedTool("read", "Read.", {"type": "object"}, None, Annotations(is_read_only=True))
MOUNT = MountOptions(StdioServer("x"), "files", False, {}, None)


class Nobody:
    """A server that is never asked."""

    async def call_tool(
        self, tool: ListedTool, arguments: Mapping[str, object], on_progress: ProgressCallback
    ) -> ServerResult:
        raise AssertionError(tool)


def offered(mount: MountOptions, *listed: ListedTool, defers: bool = False) -> list[McpTool]:
    return make_tools(mount, select_usable_tools(mount, listed), Nobody(), defers=defers)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("read", "files__read"),
        ("files.read/all", "files__files_read_all"),
        ("größe", "files__gr__e"),
        ("x" * 200, "files__" + "x" * 121),
    ],
)
def test_a_name_becomes_one_that_the_api_takes(given: str, name: str) -> None:
    assert qualified_tool_name("files", given) == name
    (tool,) = offered(MOUNT, replace(PLAIN, name=given))
    assert (tool.name, tool.server_tool, tool.server) == (name, given, "files")


def test_two_tools_that_would_get_one_name_are_refused() -> None:
    with pytest.raises(DefinitionError, match=r"'a\.b' and 'a/b' of the MCP server 'files' would both be named"):
        offered(MOUNT, replace(PLAIN, name="a.b"), replace(PLAIN, name="a/b"))


def test_a_tool_that_cannot_work_is_left_out_and_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    broken = ListedTool("broken", "", {"type": "object", "properties": {"a": {"type": "text"}}}, None, Annotations())
    assert [tool.name for tool in offered(MOUNT, broken, PLAIN)] == ["files__look"]
    (record,) = caplog.records
    assert (record.__dict__["event"], record.__dict__["tool"]) == ("a tool is left out", "broken")


def test_a_tool_that_runs_only_as_a_task_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert offered(MOUNT, replace(PLAIN, is_task=True)) == []
    assert getattr(caplog.records[0], "reason", "").startswith("it runs only as a task")


@pytest.mark.parametrize(
    ("annotations", "effect"),
    [
        (Annotations(), "write"),
        (Annotations(is_read_only=True), "read"),
        (Annotations(is_idempotent=True), "idempotent"),
        (Annotations(is_idempotent=True, is_destructive=True), "idempotent"),
        (Annotations(is_read_only=False), "write"),
    ],
)
def test_hints_stand_for_effects(annotations: Annotations, effect: str) -> None:
    assert effect_from_annotations(annotations) == effect


def test_hints_count_only_where_the_server_is_trusted_but_are_always_kept() -> None:
    (doubted,) = offered(MOUNT, READ)
    (believed,) = offered(replace(MOUNT, trusts_annotations=True), READ)
    assert (doubted.effect, doubted.is_trusted) == ("write", False)
    assert (believed.effect, believed.is_trusted) == ("read", True)
    assert doubted.annotations == believed.annotations == READ.annotations


def test_what_the_caller_knows_of_a_tool_counts_for_more() -> None:
    mount = replace(MOUNT, trusts_annotations=True, effects={"read": "write", "look": "read"})
    assert [tool.effect for tool in offered(mount, READ, PLAIN)] == ["write", "read"]
    with pytest.raises(DefinitionError, match=r"effects=\['lokk'\]: the MCP server 'files' has look"):
        offered(replace(MOUNT, effects={"lokk": "read"}), PLAIN)


def test_a_tool_is_told_with_its_servers_words_and_schema() -> None:
    (tool,) = offered(replace(MOUNT, timeout_s=3), PLAIN)
    assert tool.to_param() == {"name": "files__look", "description": "Look.", "input_schema": {"type": "object"}}
    assert tool.timeout_s == 3


def test_rules_that_the_schema_cannot_show_are_in_the_description() -> None:
    (tool,) = offered(MOUNT, replace(PLAIN, input_schema={"type": "object", "anyOf": [{"required": ["a"]}]}))
    assert tool.description.startswith("Look.\n\nThe arguments together must also fit")


@pytest.mark.parametrize(("schema", "kept"), [({"type": "thing"}, None), ({"type": "object"}, {"type": "object"})])
def test_an_output_schema_that_is_none_promises_nothing(
    schema: dict[str, object], kept: dict[str, object] | None
) -> None:
    ((listed, _),) = select_usable_tools(MOUNT, (replace(PLAIN, output_schema=schema),)).values()
    assert listed.output_schema == kept


def test_deferred_tools_say_so() -> None:
    (tool,) = offered(MOUNT, PLAIN, defers=True)
    assert tool.to_param()["defer_loading"] is True


def test_the_size_of_an_offer_counts_names_descriptions_and_schemas() -> None:
    small = count_definition_tokens(select_usable_tools(MOUNT, (PLAIN,)))
    large = count_definition_tokens(select_usable_tools(MOUNT, (replace(PLAIN, description="x" * 3_500),)))
    assert small < 30
    assert 900 < large - small < 1_100

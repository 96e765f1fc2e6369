"""The package measures itself: sizes, cycles, names, and a test file for every module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
FOLDERS = ("agentkit", "tools", "tests", "examples")
PACKAGE_FOLDERS = ("agentkit", "tools")

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 50
MOST_ANY_PER_1000_LINES = 3
MOST_MOCKS_PER_100_TESTS = 2
MOST_LINES_OF_THE_OFFLINE_RESPONDER = 900

FORBIDDEN_NAMES = re.compile(r"(utils?|helpers?|base|common|misc|.*manager)\.py")

# Modules without a test file of their own, and where their behaviour is tested instead.
TESTED_ELSEWHERE: dict[str, str] = {
    "agentkit/loop/actions.py": "tests/loop/test_stop_reasons.py",
    "agentkit/loop/run_limits.py": "tests/loop/test_state.py",
    "agentkit/loop/run_report.py": "tests/loop/test_agent_loop.py",
    "agentkit/loop/run_scope.py": "tests/loop/test_lifecycle.py",
    "agentkit/loop/guardrails/check_calls.py": "tests/loop/guardrails/test_input_checks.py",
    "agentkit/loop/guardrails/guarded_calls.py": "tests/loop/guardrails/test_input_checks.py",
    "agentkit/loop/guardrails/replies.py": "tests/loop/guardrails/test_run_guard.py",
    "agentkit/history/exchange.py": "tests/loop/guardrails/test_run_guard.py",
    "agentkit/run/guardrails/gates.py": "tests/loop/guardrails/test_tool_checks.py",
    "agentkit/tool_calls/gated_call.py": "tests/loop/guardrails/test_tool_checks.py",
    "agentkit/loop/tool_turns.py": "tests/loop/test_agent_loop.py",
    "agentkit/loop/texts_for_model.py": "tests/loop/test_stop_reasons.py",
    "agentkit/loop/output_validation.py": "tests/loop/test_typed_output.py",
    "agentkit/tools/reserved_names.py": "tests/test_exports.py",
    "agentkit/messages/request.py": "tests/messages/test_message.py",
    "agentkit/models/model.py": "tests/models/test_claude.py",
    "agentkit/models/wire/errors.py": "tests/models/wire/test_exchange.py",
    "agentkit/models/batching/collector.py": "tests/models/batching/test_batched_model.py",
    "agentkit/models/batching/submitted_batch.py": "tests/models/batching/test_batched_model.py",
    "agentkit/models/batching/polling.py": "tests/models/batching/test_batched_model.py",
    "agentkit/models/batching/entry.py": "tests/models/batching/test_endpoint.py",
    "agentkit/loop/durable/call_intent.py": "tests/models/batching/test_lost_batches.py",
    "agentkit/history/open_transcript.py": "tests/history/test_transcript.py",
    "agentkit/loop/durable/late_changes.py": "tests/run/test_replays.py",
    "agentkit/loop/opening.py": "tests/loop/test_lifecycle.py",
    "agentkit/loop/durable/model_steps.py": "tests/run/test_replays.py",
    "agentkit/loop/durable/recorded_input.py": "tests/run/test_replays.py",
    "agentkit/loop/durable/recorded_model.py": "tests/run/test_replays.py",
    "agentkit/loop/durable/recorded_results.py": "tests/run/test_replays.py",
    "agentkit/loop/durable/recorded_spending.py": "tests/run/test_replays.py",
    "agentkit/loop/durable/time_checks.py": "tests/run/test_replays.py",
    "agentkit/lazy_exports.py": "tests/test_exports.py",
    "agentkit/__main__.py": "tests/test_import_cost.py",
    "agentkit/cli/arguments/object_address.py": "tests/cli/test_main.py",
    "agentkit/cli/chat/slash_commands.py": "tests/cli/chat/test_command.py",
    "agentkit/cli/chat/display.py": "tests/cli/chat/test_command.py",
    "agentkit/cli/chat/loop_thread.py": "tests/cli/chat/test_command.py",
    "agentkit/cli/arguments/journal.py": "tests/cli/runs/test_command.py",
    "agentkit/journal/file_lock.py": "tests/journal/test_run_lock.py",
    "agentkit/journal/run_info.py": "tests/journal/test_journal.py",
    "agentkit/cli/arguments/connection.py": "tests/cli/commands/test_run.py",
    "agentkit/cli/doctor/access.py": "tests/cli/doctor/test_command.py",
    "agentkit/cli/doctor/finding.py": "tests/cli/doctor/test_command.py",
    "agentkit/cli/doctor/setup.py": "tests/cli/doctor/test_command.py",
    "agentkit/cli/doctor/http_exchange.py": "tests/cli/doctor/test_command.py",
    "agentkit/cli/guard/choosing.py": "tests/cli/guard/test_evaluating.py",
    "agentkit/cli/guard/command.py": "tests/cli/guard/test_evaluating.py",
    "agentkit/cli/guard/deciding.py": "tests/cli/guard/test_evaluating.py",
    "agentkit/cli/guard/label_form.py": "tests/cli/guard/test_labelling.py",
    "agentkit/cli/terminal/exit_codes.py": "tests/cli/commands/test_run.py",
    "agentkit/cli/terminal/interrupts.py": "tests/cli/commands/test_run.py",
    "agentkit/cli/terminal/live_tree.py": "tests/cli/commands/test_run.py",
    "agentkit/simulator/replies/parts.py": "tests/simulator/replies/test_reply.py",
    "agentkit/cli/terminal/failures.py": "tests/cli/terminal/test_printing.py",
    "agentkit/cli/terminal/log_lines.py": "tests/cli/terminal/test_printing.py",
    "agentkit/cli/terminal/style.py": "tests/cli/terminal/test_printing.py",
    "agentkit/cli/arguments/parsing.py": "tests/cli/test_main.py",
    "agentkit/cli/terminal/plain_lines.py": "tests/cli/commands/test_run.py",
    "agentkit/cli/arguments/prompt_source.py": "tests/cli/test_main.py",
    "agentkit/cli/terminal/encoding.py": "tests/cli/test_main.py",
    "agentkit/cli/terminal/reading.py": "tests/cli/commands/test_read.py",
    "agentkit/cli/terminal/watching.py": "tests/cli/commands/test_run.py",
    "agentkit/tool_calls/call_events.py": "tests/tool_calls/test_call_runner.py",
    "agentkit/loop/parent_call.py": "tests/loop/test_lifecycle.py",
    "agentkit/mcp/annotations.py": "tests/mcp/test_server_tools.py",
    "agentkit/mcp/http.py": "tests/mcp/test_connection.py",
    "agentkit/mcp/mcp_tool.py": "tests/mcp/test_mount.py",
    "agentkit/mcp/stdio.py": "tests/mcp/test_session.py",
    "agentkit/run/outcome.py": "tests/run/test_result.py",
    "agentkit/run/scope.py": "tests/run/test_streamed_run.py",
    "agentkit/simulator/message_endpoint.py": "tests/simulator/test_server.py",
    "agentkit/simulator/faults/fault.py": "tests/simulator/faults/test_plan.py",
    "agentkit/simulator/rules/conversation.py": "tests/simulator/rules/test_validation.py",
    "agentkit/simulator/rules/media.py": "tests/simulator/rules/test_validation.py",
    "agentkit/simulator/rules/block_types.py": "tests/simulator/rules/test_validation.py",
    "agentkit/simulator/rules/limits.py": "tests/simulator/rules/test_validation.py",
    "agentkit/simulator/rules/refusal.py": "tests/simulator/rules/test_validation.py",
    "agentkit/simulator/rules/signatures.py": "tests/simulator/model_behavior/test_thinking_signatures.py",
    "agentkit/simulator/rules/tooling.py": "tests/simulator/rules/test_validation.py",
    "agentkit/patterns/classify/decision.py": "tests/patterns/classify/test_classifier.py",
    "agentkit/patterns/classify/example.py": "tests/patterns/classify/test_example_store.py",
    "agentkit/patterns/classify/html_report.py": "tests/patterns/classify/test_evaluation.py",
    "agentkit/patterns/classify/pictures.py": "tests/patterns/classify/test_evaluation.py",
    "agentkit/patterns/classify/text_report.py": "tests/patterns/classify/test_evaluation.py",
    "agentkit/patterns/escalation/items.py": "tests/patterns/escalation/test_cascade.py",
    "agentkit/patterns/escalation/result.py": "tests/patterns/escalation/test_cascade.py",
    "agentkit/patterns/escalation/results.py": "tests/patterns/escalation/test_cascade.py",
    "agentkit/patterns/escalation/solving.py": "tests/patterns/escalation/test_cascade.py",
    "agentkit/patterns/sources.py": "tests/patterns/reading/test_setup.py",
    "agentkit/patterns/reading/document_store.py": "tests/patterns/reading/test_setup.py",
    "agentkit/patterns/reading/kept_evidence.py": "tests/patterns/reading/test_setup.py",
    "agentkit/patterns/kept_results.py": "tests/patterns/reading/test_setup.py",
    "agentkit/cli/terminal/stages.py": "tests/cli/commands/test_profile.py",
    "agentkit/patterns/profile/narrowing.py": "tests/patterns/profile/test_funnel.py",
    "agentkit/patterns/profile/queries.py": "tests/patterns/profile/test_funnel.py",
    "agentkit/patterns/profile/stages.py": "tests/patterns/profile/test_funnel.py",
    "agentkit/patterns/mail/add_report.py": "tests/patterns/mail/test_index.py",
    "agentkit/patterns/mail/conditions.py": "tests/patterns/mail/test_query.py",
    "agentkit/patterns/mail/records.py": "tests/patterns/mail/test_index.py",
    "agentkit/patterns/mail/searching.py": "tests/patterns/mail/test_index.py",
    "agentkit/patterns/mail/tables.py": "tests/patterns/mail/test_index.py",
    "agentkit/patterns/mail/writing.py": "tests/patterns/mail/test_files.py",
    "agentkit/patterns/reading/result.py": "tests/patterns/reading/test_read_many.py",
    "agentkit/patterns/reading/plan.py": "tests/patterns/reading/test_setup.py",
    "agentkit/patterns/reading/reduction.py": "tests/patterns/reading/test_read_many.py",
    "agentkit/agents/item_runs.py": "tests/agents/test_fan_out.py",
    "agentkit/run/agent_spec.py": "tests/agents/test_agent.py",
    "tools/agentkit_tools/mail_forms.py": "tests/agentkit_tools/test_mail_text.py",
    "tools/agentkit_tools/unreadable.py": "tests/agentkit_tools/test_documents.py",
}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def has_code(path: Path) -> bool:
    """Whether the file does something: more than a docstring, imports and assignments to `__all__`."""
    return any(
        not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets[0]))
        for node in parse(path).body
    )


def test_the_measures_see_the_package() -> None:
    assert len(sources("agentkit")) > 30
    assert len(sources("tests")) > 20


def test_no_file_is_too_long() -> None:
    lengths = {relative(path): line_count(path) for path in sources(*FOLDERS)}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{relative(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in sources(*FOLDERS)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION} == {}


def cycle_through(module: str, imports: dict[str, set[str]]) -> list[str]:
    """The first way found from a module back to itself; empty when there is none."""
    ways = [[module]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for imported in sorted(imports[way[-1]]):
            if imported == module:
                return [*way, module]
            if imported not in seen:
                seen.add(imported)
                ways.append([*way, imported])
    return []


def test_a_cycle_is_found() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b"}}
    assert cycle_through("a", imports) == []
    assert cycle_through("b", imports) == ["b", "c", "b"]


def test_no_module_imports_itself_through_others() -> None:
    graph = grimp.build_graph("agentkit", "agentkit_tools", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert [way for module in sorted(imports) if (way := cycle_through(module, imports))] == []


def annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign():
                yield node.annotation
            case ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.FunctionDef(returns=ast.expr() as returns) | ast.AsyncFunctionDef(returns=ast.expr() as returns):
                yield returns
            case _:
                pass


def count_any(tree: ast.Module) -> int:
    """How often `Any` stands in an annotation; a named alias of the API's dictionaries counts where it is made."""
    written = [node for annotation in annotations(tree) for node in ast.walk(annotation)]
    written += [node for alias in tree.body if isinstance(alias, ast.Assign) for node in ast.walk(alias.value)]
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in written)


def test_any_is_counted_wherever_it_is_written() -> None:
    tree = ast.parse("Block = dict[str, Any]\ndef f(x: Any, *y: list[Any]) -> Any: ...\nz: Any = any(Block)")
    assert count_any(tree) == 5


def test_any_is_rare() -> None:
    counts = {relative(path): count_any(parse(path)) for path in sources(*PACKAGE_FOLDERS)}
    lines = sum(map(line_count, sources(*PACKAGE_FOLDERS)))
    used = {name: count for name, count in counts.items() if count}
    assert sum(used.values()) <= MOST_ANY_PER_1000_LINES * lines / 1000, used


def test_mocks_are_rare() -> None:
    tests = mocks = 0
    for path in sources("tests"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                tests += 1
                mocks += any(arg.arg in {"mocker", "monkeypatch"} for arg in node.args.args)
            elif isinstance(node, ast.Name) and node.id in {"Mock", "MagicMock", "AsyncMock"}:
                mocks += 1
    assert mocks <= MOST_MOCKS_PER_100_TESTS * tests / 100, f"{mocks} mocks in {tests} tests"


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [relative(path) for path in sources(*FOLDERS) if FORBIDDEN_NAMES.fullmatch(path.name)] == []


def where_tested(path: Path) -> Path:
    """Where the tests of a module belong: `agentkit/cli/run.py` -> `tests/cli/test_run.py`."""
    if path.is_relative_to(ROOT / "tools"):
        return ROOT / "tests" / "agentkit_tools" / f"test_{path.name}"
    inside = path.relative_to(ROOT / "agentkit")
    if path.name == "__init__.py":
        return ROOT / "tests" / inside.parent.parent / f"test_{inside.parent.name}.py"
    return ROOT / "tests" / inside.parent / f"test_{path.name}"


def test_every_module_has_its_tests() -> None:
    missing = {
        relative(path): expected
        for path in sources(*PACKAGE_FOLDERS)
        if has_code(path)
        and not (ROOT / (expected := TESTED_ELSEWHERE.get(relative(path)) or relative(where_tested(path)))).is_file()
    }
    assert missing == {}


def test_the_exceptions_still_exist() -> None:
    assert [name for name in TESTED_ELSEWHERE if not (ROOT / name).is_file()] == []


def test_the_ready_made_tools_import_only_the_public_face() -> None:
    imported = {
        (relative(path), node.module or "")
        for path in sources("tools")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "agentkit"
    } | {
        (relative(path), alias.name)
        for path in sources("tools")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == "agentkit"
    }
    assert {module for _, module in imported} == {"agentkit", "agentkit.patterns"}, imported


def test_the_offline_responder_stays_small() -> None:
    lengths = {relative(path): line_count(path) for path in sources("agentkit/simulator/offline")}
    assert 0 < sum(lengths.values()) <= MOST_LINES_OF_THE_OFFLINE_RESPONDER, lengths

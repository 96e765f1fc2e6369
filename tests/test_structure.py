"""The package measures itself: sizes, cycles, names, and a test file for every module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp

from tests.tested_elsewhere import TESTED_ELSEWHERE

ROOT = Path(__file__).parent.parent
FOLDERS = ("agentkit", "tools", "tests", "examples")
PACKAGE_FOLDERS = ("agentkit", "tools")

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 50
MOST_ANY_PER_1000_LINES = 3
MOST_MOCKS_PER_100_TESTS = 2
MOST_LINES_OF_THE_OFFLINE_RESPONDER = 900

FORBIDDEN_NAMES = re.compile(r"(utils?|helpers?|base|common|misc|.*manager)\.py")


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


def fields_set_later(record: ast.ClassDef) -> Iterator[str]:
    """The fields of a dataclass that have no value behind `__init__`, and yet are part of the `repr`, which raises."""
    begins = [ast.unparse(node) for node in record.body if getattr(node, "name", "") == "__post_init__"]
    for node in record.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)):
            continue
        given = {one.arg: ast.unparse(one.value) for one in node.value.keywords}
        has_value = given.get("init") != "False" or not {"default", "default_factory"}.isdisjoint(given)
        name = ast.unparse(node.target)
        if not has_value and given.get("repr") != "False" and name not in "".join(begins):
            yield f"{record.name}.{name}"


def test_no_repr_shows_a_field_that_is_set_later() -> None:
    nodes = [
        node
        for path in sources(*PACKAGE_FOLDERS)
        if "field(init=False" in path.read_text(encoding="utf-8")
        for node in parse(path).body
    ]
    assert [name for node in nodes if isinstance(node, ast.ClassDef) for name in fields_set_later(node)] == []
    (record,) = ast.parse("class A:\n    x: int = field(init=False)\n    y: int = field(init=False, repr=False)").body
    assert isinstance(record, ast.ClassDef)
    assert [*fields_set_later(record)] == ["A.x"]


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

"""Every Python block of the README and the docs runs; the commands that they show exist, their names are public."""

import ast
import importlib.util
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import tests.inner_pytest  # noqa: F401 - imports what has to stay
from agentkit.models.overriding_client import override_client
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import served

ROOT = Path(__file__).parent.parent
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))] if path.is_file()]

MOST_LINES_OF_THE_README = 150
MOST_BLOCKS_NOT_RUN = 4

FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (?P<name>\w+\.py)\n")
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of a page; `line` is that of its first line of code, `reason` says why it is not run."""

    page: Path
    language: str
    text: str
    line: int
    reason: str | None

    @property
    def file(self) -> str | None:
        """The file that the block is a part of, as its first line says. None: it is a part of the page's script."""
        match = FILE.match(self.text)
        return match["name"] if match else None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path, language: str) -> list[CodeBlock]:
    text = page.read_text(encoding="utf-8")
    found: list[CodeBlock] = []
    for fence in FENCE.finditer(text):
        if fence["language"] == language:
            before = text[: fence.start()]
            note = NOT_RUN.search(before)
            reason = note["reason"] if note else None
            found.append(CodeBlock(page, language, fence["text"], before.count("\n") + 2, reason))
    return found


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def source_of(block: CodeBlock) -> str:
    """The code at the line where the page has it: errors and the reader of docstrings find the right place."""
    return "\n" * (block.line - 1) + block.text


def run_block(block: CodeBlock, page: ModuleType, path: Path) -> None:
    """Run a block as a file would that it is pasted into: an `await` outside of a function is a SyntaxError."""
    exec(compile(source_of(block), path, "exec"), page.__dict__)


@pytest.fixture
def page_module(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[ModuleType, Path]]:
    """A module for the page, with the code of the page as its file: types defined there resolve as in a script."""
    page: Path = request.param
    monkeypatch.chdir(tmp_path)
    lines = [""] * page.read_text(encoding="utf-8").count("\n")
    for block in blocks_of(page, "python"):
        code = block.text.splitlines()
        lines[block.line - 1 : block.line - 1 + len(code)] = code
    path = tmp_path / "page.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    module = ModuleType(f"page_{page.stem.replace('-', '_')}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    logger = logging.getLogger("agentkit")
    level, handlers = logger.level, [*logger.handlers]
    try:
        yield module, path
    finally:
        del sys.modules[module.__name__]
        logger.setLevel(level)  # a page may configure the log
        logger.handlers[:] = handlers


@pytest.mark.parametrize(
    ("page_module", "page"), [(page, page) for page in PAGES], indirect=["page_module"], ids=name_of
)
def test_the_python_of_a_page_runs(page_module: tuple[ModuleType, Path], page: Path) -> None:
    """From top to bottom, as one script; what a page asks outside a script is answered by the offline mind."""
    from agentkit.simulator import Simulator
    from agentkit.simulator.offline import OfflineMind

    with override_client(Simulator(OfflineMind()).client()):
        for block in blocks_of(page, "python"):
            if block.reason is None and block.file is None:
                run_block(block, *page_module)


def test_the_tests_that_the_tutorial_writes_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files in one folder, the recording made against a simulator that stands for the API."""
    files: dict[str, str] = {}
    for block in blocks_of(ROOT / "docs" / "testing_tutorial.md", "python"):
        assert block.file is not None
        files[block.file] = files.get(block.file, "") + block.text
    for name, text in files.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = ["error"]\npythonpath = ["."]\n')
    mind = Script(Reply.tool("price", item="tea"), Reply.text("4 EUR."))
    with served(Simulator(mind)) as base_url, monkeypatch.context() as env:
        env.setenv("ANTHROPIC_BASE_URL", base_url)
        env.setenv("ANTHROPIC_API_KEY", "any")
        recorded = pytester.runpytest_inprocess("--agentkit-record", "-k", "recorded")
    recorded.assert_outcomes(passed=1, deselected=12)
    pytester.runpytest_inprocess().assert_outcomes(passed=13)


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    not_run = [block for page in PAGES for block in blocks_of(page, "python") if block.reason is not None]
    assert len(not_run) <= MOST_BLOCKS_NOT_RUN, [f"{block.place}: {block.reason}" for block in not_run]


def test_blocks_that_are_not_run_are_python() -> None:
    for page in PAGES:
        for block in blocks_of(page, "python"):
            ast.parse(source_of(block), filename=block.place)


def public_names(module: str) -> list[str]:
    """The names that a package makes public; none for a module inside a package."""
    found = importlib.util.find_spec(module)
    is_package = found is not None and found.submodule_search_locations is not None
    return list(getattr(importlib.import_module(module), "__all__", ())) if is_package else []


def is_public(path: str) -> bool:
    """Whether a dotted path is a package with public names, leads through one of them, or to the ready-made tools."""
    package, *names = path.split(".")
    if package == "agentkit_tools":
        return True
    for name in names:
        public = public_names(package)
        if not public or name in ("*", *public):
            return bool(public)
        package += f".{name}"
    return bool(public_names(package))


def imported_names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_what_is_public() -> None:
    public = ["agentkit", "agentkit.tools", "agentkit.tools.tool", "agentkit.process.run", "agentkit_tools.files.read"]
    assert [path for path in public if not is_public(path)] == []
    inner = [
        "agentkit.loop",
        "agentkit.loop.state",
        "agentkit.tools.decorator.tool",
        "agentkit.errors",
        "agentkit.none",
    ]
    assert [path for path in inner if is_public(path)] == []


def test_docs_and_examples_import_only_public_names() -> None:
    sources = {block.place: block.text for page in PAGES for block in blocks_of(page, "python")}
    sources |= {name_of(path): path.read_text(encoding="utf-8") for path in (ROOT / "examples").rglob("*.py")}
    imported = [(place, name) for place, text in sources.items() for name in imported_names(text)]
    ours = [(place, name) for place, name in imported if name.partition(".")[0] in ("agentkit", "agentkit_tools")]
    assert len(ours) > 50
    # In prose, too: `agentkit.process.run`, `agentkit.session()`.
    for page in PAGES:
        mentioned = re.findall(r"`(agentkit(?:\.\w+)+)(?:\([^`]*\))?`", page.read_text(encoding="utf-8"))
        ours += [(name_of(page), name) for name in mentioned]
    assert [(place, name) for place, name in ours if not is_public(name)] == []


def test_a_note_excuses_the_block_below_it_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- not run: it asks -->\n```python\nx = 1\n```\n\n```python\ny = 2\n```\n")
    assert [(block.line, block.reason) for block in blocks_of(page, "python")] == [(3, "it asks"), (7, None)]


def commands(program: str) -> list[tuple[str, str]]:
    """Where a page shows `$ program command ...`, and the command."""
    return [
        (block.place, line.split()[2])
        for page in PAGES
        for block in [*blocks_of(page, "console"), *blocks_of(page, "bash"), *blocks_of(page, "sh")]
        for line in block.text.splitlines()
        if line.startswith(f"$ {program} ")
    ]


def test_the_commands_of_agentkit_that_are_shown_exist() -> None:
    shown = [(place, command) for place, command in commands("agentkit") if not command.startswith("-")]
    run = [sys.executable, "-m", "agentkit", "--help"]
    known = subprocess.run(run, capture_output=True, text=True, check=True, timeout=50).stdout
    assert [(place, command) for place, command in shown if not re.search(rf"\b{command}\b", known)] == []


def test_the_targets_of_make_that_are_shown_exist() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = commands("make")
    assert {"demo", "test"} <= {target for _, target in shown}
    assert [(place, target) for place, target in shown if target not in targets] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < MOST_LINES_OF_THE_README


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!\w+:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_listed() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "README.md"]
    assert [page for page in pages if f"]({page})" not in listed] == []

"""Write docs/reference.md: every public name, from its signature and docstring, with an example that runs.

`python -m docs.build.reference` writes the page. The examples stand in docs/build/examples.txt, one a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from docs.build.members import ROOT, Member, Text, public_names

PAGE = ROOT / "docs" / "reference.md"
EXAMPLES = ROOT / "docs" / "build" / "examples.txt"
PACKAGES = {
    "agentkit": "What programs import first.",
    "agentkit.patterns": (
        "Many documents, and quotes that are verified ([many documents](many_documents.md)); texts sorted into "
        "categories ([classifiers](classifiers.md)); cheap first, and the strong model where needed "
        "([cascade](cascade.md))."
    ),
    "agentkit.retrieval": "Texts found without a model ([many documents](many_documents.md)).",
    "agentkit.testing": "Tests without the API: scripts, faults, expectations ([testing](testing.md)).",
    "agentkit.evals": "Suites, tasks, many tries and their reports ([evaluations](evals.md)).",
    "agentkit.evals.graders": (
        "Graders of trials ([tasks and graders](evals.md#tasks-worlds-graders), [judges](evals_suites.md))."
    ),
    "agentkit.evals.faults": "Faults for any suite ([evaluations](evals.md#faults)).",
    "agentkit.evals.statistics": "Statistics of evaluations ([statistics](evals_statistics.md)).",
    "agentkit.evals.arena": "Ratings from battles ([head to head](evals_arena.md)).",
    "agentkit.simulator": "The local Messages API ([testing](testing.md), [recordings](recordings.md)).",
    "agentkit.mcp": "MCP servers as toolsets ([MCP](mcp.md)).",
    "agentkit.messages": "Messages and content as the API has them, for transports and stores of your own.",
    "agentkit.redaction": "Secrets removed from texts ([tools](tools.md)).",
}
_HEAD = """# Reference

Every public name, made from signatures and docstrings by `python -m docs.build.reference`; do not edit it by hand. The
examples run from top to bottom after these lines; where no script answers, a local server does.

"""


@cache
def examples() -> dict[str, str]:
    """Return the example of each name, `package.name`; that of "" stands at the top."""
    parts = re.split(r"^=== ?(.*)\n", EXAMPLES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


def names() -> Iterator[Member]:
    """Yield every public name where it is described: the first package that has it.

    A name that an earlier package has for something else stands behind that of its package: `evals.Grade`.
    """
    seen: dict[str, object] = {}
    for package in PACKAGES:
        for member in public_names(package):
            if member.name not in seen:
                seen[member.name] = member.value
                yield member
            elif seen[member.name] is not member.value:
                yield replace(member, name=f"{package.rpartition('.')[2]}.{member.name}")


def page() -> str:
    """Return the whole page."""
    found = list(names())
    links = dict(_links([member.name for member in found]))
    parts = [_HEAD + _code(examples()[""])]
    for package, about in PACKAGES.items():
        own = [member for member in found if member.module == package]
        described = {member.address for member in own}
        elsewhere = [one.name for one in public_names(package) if one.address not in described]
        parts += [f"## `{package}`", about, "\n".join(links[member.name] for member in own)]
        parts += ["\n".join(["Also here:", *(links[name] for name in elsewhere)])] if elsewhere else []
        parts += [section(member) for member in own]
    return "\n\n".join(parts) + "\n"


def _links(headings: list[str]) -> Iterator[tuple[str, str]]:
    """Yield a link to each heading; those that differ in case only are numbered, as GitHub does it."""
    before: Counter[str] = Counter()
    for heading in headings:
        anchor = heading.lower().replace(".", "")
        number = f"-{before[anchor]}" if before[anchor] else ""
        before[anchor] += 1
        yield heading, f"[`{heading}`](#{anchor}{number})"


def section(member: Member) -> str:
    """Return the section of one name: signature, text, parameters, members, example."""
    parts = [f"### {member.name}"]
    if member.signature != member.name:
        parts.append(f"```text\n{member.signature}\n```")
    parts += [_prose(member.text.description)] if member.text.description else []
    parts += [f"A `{'`, `'.join(member.bases)}`."] if member.bases else []
    lines = [*_parameter_lines(member, ""), *_attribute_lines(member.attributes)]
    lines += [f"- `{value}`" for value in member.values] + list(_outcome_lines(member.text, ""))
    parts += ["\n".join(lines)] if lines else []
    if member.members:
        parts.append("\n".join(line for one in member.members for line in _member_lines(one)))
    example = examples().get(member.address)
    return "\n\n".join([*parts, *([_code(example)] if example else [])])


def _member_lines(member: Member) -> Iterator[str]:
    is_call = not isinstance(member.value, property)
    shown = re.sub(r"\s+", " ", member.signature).replace("( ", "(").replace(", )", ")") if is_call else member.name
    yield f"- `.{shown}`: {_line(member.text.description)}"
    if is_call:
        yield from _parameter_lines(member, "  ", only_described=True)
    yield from _outcome_lines(member.text, "  ")


def _parameter_lines(member: Member, indent: str, *, only_described: bool = False) -> Iterator[str]:
    for name, text in member.parameter_texts.items():
        if text or not only_described:
            yield f"{indent}- `{name}`" + (f": {_line(text)}" if text else "")


def _attribute_lines(attributes: Mapping[str, str]) -> Iterator[str]:
    bare = [name for name, text in attributes.items() if not text]
    yield from (f"- `{name}`: {_line(text)}" for name, text in attributes.items() if text)
    if bare:
        yield f"- `{'`, `'.join(bare)}`"


def _outcome_lines(text: Text, indent: str) -> Iterator[str]:
    if text.returns:
        yield f"{indent}- returns: {_line(text.returns)}"
    for name, reason in text.raises.items():
        yield f"{indent}- raises `{name}`: {_line(reason)}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _prose(text: str) -> str:
    """Return a docstring as Markdown: its indented blocks are code, which does not run."""
    return re.sub(r"(?:^|\n)((?: {4,}.*\n?)+)", lambda block: f"\n```text\n{_dedented(block[1])}\n```\n", text).strip()


def _dedented(block: str) -> str:
    lines = block.strip("\n").splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[margin:].rstrip() for line in lines)


def _code(source: str) -> str:
    return f"```python\n{source}\n```"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

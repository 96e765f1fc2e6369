"""Compile every function schema of the Berkeley Function Calling Leaderboard's simple and parallel sets.

    python benchmarks/tool_schemas/bfcl.py [--wheel bfcl_eval-....whl]

The data come in the wheel of PyPI's `bfcl-eval` (Apache-2.0), which is downloaded without its dependencies and never
installed. Each schema becomes a tool by `Tool.from_schema`; the reference calls are made as a model would make them,
and must be accepted; the same calls with a required argument left out, or with one of another type, must be refused.
Prints a table; exits with 1 when one of the three fails.

The leaderboard has type names of its own (`dict`, `float`), which `TYPES` translates; for Java and JavaScript it wants
strings from models, so those are strings here too.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import anyio

from agentkit import DefinitionError, InvalidArguments, Tool
from agentkit.schema.strict.form import NotStrictable, strict_form

JSONObject = dict[str, Any]

SETS = (
    *("simple_python", "simple_java", "simple_javascript", "parallel", "parallel_multiple"),
    *("live_simple", "live_parallel", "live_parallel_multiple"),
)
TYPES: dict[str, str | None] = {
    "dict": "object",
    "float": "number",
    "tuple": "array",
    "any": None,  # no type at all
    "": None,
}
STRINGS_ONLY = ("simple_java", "simple_javascript")
CONTRADICTIONS = {
    "parallel_multiple_21": "text where the schema wants lists",
    "parallel_multiple_94": "words where the schema wants integers",
    "live_simple_71-35-0": "a list where the schema wants one of its values",
    "live_simple_106-63-0": "required arguments left out",
    "live_simple_112-68-0": "required arguments left out",
    "live_parallel_multiple_2-2-0": "a value that is not in the schema's list",
}
"""Entries with a reference call that is not valid for its own schema: it is refused, and rightly."""
WRONG = {"string": {"not": "text"}, "integer": "many", "number": "many", "boolean": "perhaps", "array": 7, "object": 7}


def read_lines(wheel: zipfile.ZipFile, path: str) -> list[JSONObject]:
    """Read the lines of a data file."""
    return [json.loads(line) for line in wheel.read(path).decode().splitlines() if line.strip()]


def translate_schema(schema: Any, *, is_string: bool = False) -> Any:
    """Return a schema of the leaderboard as JSON Schema."""
    if isinstance(schema, list):
        return [translate_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if is_string:
        return {"type": "string", "description": schema.get("description", "")}
    result: JSONObject = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: translate_schema(inner) for name, inner in value.items()}
        elif key == "type" and isinstance(value, str):
            kind = TYPES.get(value, value)
            result |= {} if kind is None else {key: kind}
        elif key in ("items", "anyOf", "oneOf", "allOf"):
            result[key] = translate_schema(value)
        elif key not in ("optional", "required") or isinstance(value, list):
            result[key] = value
    return result


def parameters_of(function: JSONObject, *, strings_only: bool) -> JSONObject:
    """Return the schema of a function's arguments."""
    given = function["parameters"]
    properties = {
        name: translate_schema(inner, is_string=strings_only) for name, inner in given.get("properties", {}).items()
    }
    return {**translate_schema({**given, "properties": {}}), "type": "object", "properties": properties}


def value_of(allowed: list[Any], schema: JSONObject) -> Any:
    """Return one of the allowed reference values, nested ones too, in which each key has a list of its own."""
    given = [value for value in allowed if not (isinstance(value, str) and value == "")]
    value = given[0]
    if schema.get("type") == "string" and not isinstance(value, str):
        return json.dumps(value)
    return expand_choices(value, schema)


def expand_choices(value: Any, schema: JSONObject) -> Any:
    """Return a reference value with every choice in it made."""
    properties = schema.get("properties", {})
    if isinstance(value, dict):
        is_choice = all(isinstance(inner, list) for inner in value.values())
        chosen = {key: inner for key, inner in value.items() if not is_choice or inner != [""]}
        return {
            key: value_of(inner, properties.get(key, {}))
            if is_choice
            else expand_choices(inner, properties.get(key, {}))
            for key, inner in chosen.items()
            if not is_choice or any(each != "" for each in inner)
        }
    if isinstance(value, list):
        return [expand_choices(inner, schema.get("items") or {}) for inner in value]
    return value


def refusal_of(tool: Tool[..., object], arguments: JSONObject) -> str:
    """Return the error text of a refused call; empty: it is accepted."""
    try:
        anyio.run(tool.call, arguments)
    except InvalidArguments as error:
        return str(error)
    return ""


def wrong_calls(arguments: JSONObject, schema: JSONObject) -> list[JSONObject]:
    """Return the call without each required argument, and with another type for each."""
    without = [{k: v for k, v in arguments.items() if k != name} for name in schema.get("required", ())]
    kinds = {name: schema["properties"][name].get("type") for name in arguments if name in schema["properties"]}
    retyped = [{**arguments, name: WRONG[kind]} for name, kind in kinds.items() if kind in WRONG]
    return [*without, *retyped]


def tool_of(function: JSONObject, *, strings_only: bool) -> Tool[..., object]:
    """Return the tool of a function. Raises DefinitionError."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", function["name"])[:128]
    schema = parameters_of(function, strings_only=strings_only)
    return Tool.from_schema(name, function.get("description", ""), schema, lambda _: "done", effect="read")


def run_set(wheel: zipfile.ZipFile, name: str, problems: list[str]) -> Counter[str]:
    """Compile and call one set; count the results."""
    counts: Counter[str] = Counter()
    answers = {
        entry["id"]: entry["ground_truth"]
        for entry in read_lines(wheel, f"bfcl_eval/data/possible_answer/BFCL_v4_{name}.json")
    }
    for entry in read_lines(wheel, f"bfcl_eval/data/BFCL_v4_{name}.json"):
        tools: dict[str, Tool[..., object]] = {}
        for function in entry["function"]:
            counts["schemas"] += 1
            try:
                tools[function["name"]] = tool_of(function, strings_only=name in STRINGS_ONLY)
            except DefinitionError as error:
                problems.append(f"{entry['id']}: {error}")
                continue
            counts["compiled"] += 1
            try:
                strict_form(tools[function["name"]].input_schema)
                counts["strict"] += 1
            except NotStrictable:
                pass
        for call in answers.get(entry["id"], ()):
            for called, arguments in call.items():
                check_call(entry["id"], tools[called], arguments, counts, problems)
    return counts


def check_call(
    where: str, tool: Tool[..., object], truth: JSONObject, counts: Counter[str], problems: list[str]
) -> None:
    """Make the reference call, and its invalid variants."""
    schema = tool.input_schema
    arguments = {
        key: value_of(allowed, schema["properties"].get(key, {}))
        for key, allowed in truth.items()
        if any(value != "" for value in allowed) and not ("" in allowed and key not in schema.get("required", ()))
    }
    refusal = refusal_of(tool, arguments)
    if refusal and where in CONTRADICTIONS:
        counts["contradicting"] += 1
        return
    counts["calls"] += 1
    if refusal:
        problems.append(f"{where}: {json.dumps(arguments)[:200]}\n    {refusal}")
        return
    counts["taken"] += 1
    for wrong in wrong_calls(arguments, schema):
        counts["wrong"] += 1
        if refusal_of(tool, wrong):
            counts["refused"] += 1
        else:
            problems.append(f"{where}: taken although wrong: {json.dumps(wrong)[:200]}")


def main() -> int:
    """Run every set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="the wheel of bfcl-eval; default: pip downloads it")
    parser.add_argument("--verbose", action="store_true", help="print every failure")
    args = parser.parse_args()
    problems: list[str] = []
    heads = ("set", "schemas", "compiled", "strict form", "calls", "taken", "wrong calls", "refused", "contradictions")
    print(f"| {' | '.join(heads)} |\n|" + "---|" * len(heads))
    with tempfile.TemporaryDirectory() as folder:
        path = args.wheel
        if path is None:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*pip, "bfcl-eval"], check=True)
            (path,) = Path(folder).glob("bfcl_eval-*.whl")
        with zipfile.ZipFile(path) as wheel:
            for name in SETS:
                counts = run_set(wheel, name, problems)
                keys = ("schemas", "compiled", "strict", "calls", "taken", "wrong", "refused", "contradicting")
                print(f"| {name} | " + " | ".join(str(counts[key]) for key in keys) + " |", flush=True)
    print(f"\n{len(problems)} failures")
    if args.verbose:
        print("\n".join(problems))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())

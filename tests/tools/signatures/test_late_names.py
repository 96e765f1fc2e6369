"""A tool may name what is defined below it, as Python 3.14 takes it without quotes or a future import."""

from __future__ import annotations

import pytest

from agentkit import Agent, DefinitionError, RunContext, Tool, tool
from tests.late_names import run_module

LATE_TOOLS = """
    import functools
    from typing import TYPE_CHECKING, Annotated, Optional
    from pydantic import AfterValidator, BaseModel
    from agentkit import Agent, RunContext, Tool, tool

    if TYPE_CHECKING:
        from shops import Shop

    def traced(function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            return function(*args, **kwargs)
        return run

    @tool(effect="read")
    def plain(x: Later) -> str: return x.name
    @tool(effect="read")
    async def nested(x: list[Later] | None, ctx: RunContext[Shop]) -> Shop: return x[0].name
    @tool(effect="read")
    def optional(ctx: Optional[RunContext[Shop]], x: Optional[Later] = None) -> str: return x.name
    @tool(effect="read")
    def union(x: Later | None, *, ctx: Annotated[RunContext[Shop], "it"] | None = None) -> "str": return x.name
    @tool(effect="read")
    def checked(x: Annotated[Later, AfterValidator(lambda one: one)], n: int = 1) -> str: return x.name
    @tool(effect="read")
    @traced
    def wrapped(x: Later, ctx: RunContext[dict[str, Shop]]) -> str: return x.name
    @tool(effect="read")
    def inside(x: Holder) -> str: return x.later.name

    class Desk:
        class Inner(BaseModel):
            name: str
        def look(self, x: Inner, ctx: RunContext[Shop]) -> str: return x.name
        def see(self, x: Later) -> str: return x.name

    look, see = tool(Desk().look), tool(Desk().see)

    def cut(n: int, x: Later, ctx: RunContext[Shop]) -> str: return x.name
    partial = tool(functools.partial(cut, 3), name="partial")

    class Holder(BaseModel):
        later: Later

    def local():
        @tool(effect="read")
        def use(x: Here, ctx: RunContext[Here]) -> str: return x.name
        class Here(BaseModel):
            name: str
        Agent("a", model="m", tools=[use])
        return use

    class Later(BaseModel):
        name: str
"""


@pytest.mark.anyio
async def test_late_names_are_resolved_when_the_agent_is_made() -> None:
    module = run_module(LATE_TOOLS)
    made: list[Tool[..., object]] = [value for value in vars(module).values() if isinstance(value, Tool)]
    Agent("a", model="m", tools=made)
    assert len(made) == 10
    given: dict[str, object] = {"nested": [{"name": "q"}], "inside": {"later": {"name": "q"}}}
    for one in made:
        assert {*one.input_schema["properties"]} - {"n"} == {"x"}, one
        assert await one.call({"x": given.get(one.name, {"name": "q"})}, RunContext(deps=None)) == "q", one


def test_local_ones_too() -> None:
    assert list(run_module(LATE_TOOLS).local().input_schema["properties"]) == ["x"]


@pytest.mark.parametrize(
    ("signature", "name"),
    [("z: Decimal", "Decimal"), ("z: list[Decimal] | None", "Decimal"), ("z: decimal.Decimal", "decimal")],
)
def test_the_parameter_and_the_name_are_told_if_it_never_comes(signature: str, name: str) -> None:
    module = run_module(f"def pay({signature}, n: int) -> str: ...")
    made = tool(module.pay)
    with pytest.raises(DefinitionError) as caught:
        Agent("a", model="m", tools=[made])
    assert f"parameter `z`: its type cannot be resolved ('{signature[3:]}': name '{name}'" in str(caught.value)


@pytest.mark.anyio
async def test_a_return_type_is_resolved_later_too() -> None:
    module = run_module("""
        def fetch(n: int) -> Price: return {"amount": n}
        from typing import Annotated, TypedDict
        from pydantic import PlainSerializer
        """)
    made = tool(module.fetch)
    assert await tool(module.fetch).call({"n": 1}) == '{"amount":1}'
    exec("class Price(TypedDict):\n    amount: Annotated[int, PlainSerializer(str)]", vars(module))
    assert made.returns is module.Price
    assert await made.call({"n": 1}) == '{"amount":"1"}'


@pytest.mark.anyio
async def test_a_function_of_from_schema_may_name_them() -> None:
    module = run_module("""
        from agentkit import RunContext
        def use(given: dict[str, Nowhere], ctx: RunContext[Nowhere]) -> Nowhere: return given["x"]
        """)
    made = Tool.from_schema("use", "", {"type": "object"}, module.use)
    assert await made.call({"x": "q"}, RunContext(deps=None)) == "q"

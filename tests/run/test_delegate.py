"""The sub-agents that a tool may start, as the layers below agents see them."""

from agentkit import Agent, background, tool
from agentkit.run.delegate import delegates_of


@tool
def stock(item: str) -> int:
    """Count an item."""
    return len(item)


def test_the_delegates_of_a_tool_are_the_sub_agents_that_a_call_may_start() -> None:
    reader, writer = (Agent(name, model="m", description=f"A {name}.") for name in ("reader", "writer"))
    as_tool = reader.as_tool(max_calls=2)
    assert [(delegate.agent, delegate.terms.max_calls) for delegate in delegates_of(as_tool)] == [(reader, 2)]
    start, collect, cancel = background(as_tool, writer.as_tool()).tools
    assert [delegate.agent for delegate in delegates_of(start)] == [reader, writer]
    assert start.is_agent
    for other in (stock, collect, cancel):
        assert list(delegates_of(other)) == []

"""agno: `Agent.arun`, with `stream=True` for the faults of streams."""

from agno.agent import Agent, RunOutput
from agno.models.anthropic import Claude
from agno.run.base import RunStatus
from shop import INSTRUCTIONS, IS_STREAMED, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report

tools = [*TOOLS, *SERVER_TOOLS]
agent = Agent(model=Claude(id=MODEL), tools=tools, instructions=INSTRUCTIONS, telemetry=False)


async def ask() -> Ended:
    """Hold the conversation."""
    if IS_STREAMED:
        last = None
        async for event in agent.arun(QUESTION, stream=True, yield_run_output=True):
            last = event
    else:
        last = await agent.arun(QUESTION)
    if not isinstance(last, RunOutput):
        return Ended("", last.event, is_success=False, text=str(last.content))
    is_success = last.status == RunStatus.completed
    content = str(last.content or "")
    return Ended(content if is_success else "", last.status.value, is_success, "" if is_success else content)


report(ask)

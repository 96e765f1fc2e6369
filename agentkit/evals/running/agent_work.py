"""An agent at work on a task: one run, or a conversation with an agent that plays the user."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, cast

from agentkit.errors import UsageError
from agentkit.evals.running.program_failures import failure_text, is_failure
from agentkit.evals.running.work import Work, own_part
from agentkit.run.deps_source import is_deps_type
from agentkit.run.outcome import Outcome
from agentkit.tools.serialization import json_text

if TYPE_CHECKING:
    from agentkit.evals.faults.trial_faults import TrialFaults
    from agentkit.evals.task import AnyAgent, AnyTask
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.result import RunResult

END_OF_CONVERSATION = "###STOP###"
"""The word with which the agent that plays the user ends the conversation."""

_USERS_PART = """You play the user of an assistant, as your instructions describe that user. Write the user's next \
message, and nothing else. When the user's goal is reached, or cannot be reached, write ###STOP### instead.

The user has written:
{input}

The assistant has answered:
{answer}"""


async def run_agent(
    agent: AnyAgent, task: AnyTask, options: RunOptions[object], faults: TrialFaults | None = None
) -> Work:
    """Let an agent do a task. Raises UsageError for what only the caller can put right.

    Args:
        agent: The agent.
        task: The task.
        options: The options of its run; the run id among them.
        faults: The faults that it meets. None: no faults are planted.
    """
    if task.user is not None:
        tried = agent if faults is None else faults.with_tool_faults(agent)
        with nullcontext() if faults is None else faults.models():
            return await _Exchanges(tried, task, options).run()
    try:
        result: RunResult[object]
        if faults is None:
            result = await agent.run(task.input, **options)
        else:
            result = await faults.run(agent, task.input, **options)
    except UsageError:
        raise
    except BaseException as error:  # of the agent's code, such as its instructions
        if not is_failure(error):
            raise
        return crash(error)
    return _work_of((result,), result)


def crash(error: BaseException) -> Work:
    """Return the work of an attempt that raised.

    Args:
        error: The error.
    """
    return Work(outcome=Outcome.FAILED, reason=failure_text(error))


def _work_of(runs: tuple[RunResult[object], ...], last: RunResult[object], *users: RunResult[object]) -> Work:
    output = None if last.answer is None else last.answer.value
    return Work(
        output=output, outcome=last.outcome, reason=last.reason, transcript=last.messages, runs=runs, users_runs=users
    )


class _Exchanges:
    """The messages of a user and the answers of an agent, until the user ends the conversation."""

    def __init__(self, agent: AnyAgent, task: AnyTask, options: RunOptions[object]) -> None:
        self._task = task
        self._options = options
        self._agent = agent.conversation()
        user = cast("AnyAgent", task.user)
        self._user = user.conversation()
        self._users_options = cast("RunOptions[object]", {**options, "settings": None})
        if user.deps is None or not is_deps_type(user.deps):
            self._users_options.pop("deps", None)

    async def run(self) -> Work:
        """Run the conversation."""
        runs: list[RunResult[object]] = []
        users: list[RunResult[object]] = []
        message, length = self._task.input, 0
        while True:
            try:
                result = await self._agent.send(message, **_numbered(self._options, "", len(runs) + 1))
            except UsageError:
                raise
            except BaseException as error:
                if not is_failure(error):
                    raise
                return crash(error)
            runs.append(own_part(result, length))
            length = len(result.messages)
            if result.answer is None or len(runs) == self._task.max_exchanges:
                break
            answer: object = result.answer.value
            text = answer if isinstance(answer, str) else json_text(answer)
            prompt = text if users else _USERS_PART.format(input=_text(self._task.input), answer=text)
            reply = await self._user.send(prompt, **_numbered(self._users_options, "user-", len(users) + 1))
            users.append(reply)
            if reply.answer is None:
                break
            message = str(reply.answer.value)
            if END_OF_CONVERSATION in message or not message.strip():
                break
        return _work_of(tuple(runs), result, *users)


def _numbered(options: RunOptions[object], prefix: str, number: int) -> RunOptions[object]:
    return {**options, "run_id": f"{options.get('run_id')}/{prefix}{number}"}


def _text(given: object) -> str:
    return given if isinstance(given, str) else json_text(given)

"""Defects to plant: each a change of a few words in one file, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong, how it gets into the source, and who has to see it."""

    name: str
    file: str
    """In the package."""
    old: str
    """Stands in the file exactly once."""
    new: str
    tests: tuple[str, ...]
    """Of these, in the folder of the tests, at least one must fail."""
    laws: tuple[str, ...] = ()
    """The laws that it breaks, where random scenes are enough to show one of them."""


DEFECTS = (
    Defect(
        "a cancel is swallowed",
        "agents/fan_out.py",
        "        if not isinstance(error, Exception) and is_current_task_cancelled():\n            raise\n        log",
        "        log",
        ("agents/test_fan_out.py",),
    ),
    Defect(
        "a tool's failure costs its siblings their results",
        "tool_calls/executor.py",
        "        results[call.id] = result\n",
        "        results[call.id] = results.clear() or result if result.is_error else result\n",
        ("loop/test_agent_loop.py", "tool_calls/test_executor.py"),
        ("law_3",),
    ),
    Defect(
        "a call that was cut off is executed",
        "loop/stop_reasons.py",
        '    "max_tokens": StopReasonRule.TRUNCATED,',
        '    "max_tokens": StopReasonRule.GO_ON,',
        ("loop/test_unfinished_turns.py",),
    ),
    Defect(
        "an unknown stop reason is taken for the end of a turn",
        "loop/stop_reasons.py",
        'match STOP_REASONS.get(state.turn.stop_reason or ""):',
        'match STOP_REASONS.get(state.turn.stop_reason or "", StopReasonRule.GO_ON):',
        ("loop/test_stop_reasons.py", "loop/test_state.py"),
        ("law_2", "law_8"),
    ),
    Defect(
        "results are in another order than their calls",
        "loop/tool_turns.py",
        "to_block(call) for call in calls]",
        "to_block(call) for call in reversed(calls)]",
        ("loop/test_agent_loop.py",),
        ("law_1",),
    ),
    Defect(
        "nothing is reserved before a call, only counted after it",
        "budget/account.py",
        "self.reserved + amount if self.in_flight else amount\n",
        "NO_AMOUNT\n",
        ("budget/test_account.py", "budget/test_run_budget.py"),
    ),
    Defect(
        "a call is never settled",
        "loop/model_calls/call_attempts.py",
        "                    reservation.settle(used or reservation.amount)\n",
        "                    _ = used\n",
        ("loop/model_calls/test_call_attempts.py",),
    ),
    Defect(
        "the reserve for the final turn is ignored",
        "budget/run_budget.py",
        ", beside=final_turn.fixed)",
        ", beside=NO_AMOUNT)",
        ("budget/test_run_budget.py",),
    ),
    Defect(
        "options that middleware changes in place are not seen",
        "budget/request_terms.py",
        "deepcopy(_read_sources(request))",
        "_read_sources(request)",
        ("budget/test_request_terms.py", "loop/model_calls/test_call_budget.py"),
    ),
    Defect(
        "a small call overtakes those that wait",
        "budget/run_budget.py",
        "elif not self._is_final_turn:",
        "elif self._is_final_turn is None:",
        ("budget/test_run_budget_waiting.py",),
    ),
    Defect(
        "a stream that broke off costs nothing",
        "loop/model_calls/call_attempts.py",
        "        if self._reply is None and is_waiting_to_send.get():\n",
        "        if self.meter is not None:\n",
        ("loop/model_calls/test_call_attempts.py",),
    ),
    Defect(
        "a request that was refused is sent again as it was",
        "models/retry.py",
        "if not error.is_retryable or failures",
        "if failures",
        ("models/test_retry.py", "loop/model_calls/test_call_attempts.py"),
    ),
    Defect(
        "some of the thinking goes and some stays",
        "history/sanitize.py",
        '_BOUND_BLOCK_TYPES = {*_THINKING_BLOCK_TYPES, "compaction"}',
        '_BOUND_BLOCK_TYPES = {"thinking", "compaction"}',
        ("history/test_sanitize.py",),
    ),
    Defect(
        "a tool that writes is executed again when it failed",
        "tools/options.py",
        'given.get("effect", "write") == "write"',
        'given.get("effect", "write") == "never"',
        ("tool_calls/test_retry_and_timeout.py", "tools/test_options.py"),
    ),
    Defect(
        "the text of an exception reaches the model",
        "tool_calls/failures.py",
        "failed with {kind} (error id",
        "failed with {first} (error id",
        ("loop/test_agent_loop.py",),
        ("law_4",),
    ),
    Defect(
        "a secret of a known shape reaches the model",
        "redaction/redactor.py",
        "        cleaned = without_known_secrets(cleaned)\n",
        "",
        ("redaction/test_redactor.py",),
        ("law_4",),
    ),
    Defect(
        "two calls of one turn are executed under the same id",
        "loop/agent_loop.py",
        "is_repeated = len(set(ids)) < len(ids)",
        "is_repeated = False",
        ("loop/test_unfinished_turns.py",),
    ),
    Defect(
        "a quote that is cut out of a number is shown",
        "patterns/quotes/cuts.py",
        "        return _NUMBER_BEFORE.search(before) is not None or _has_case(last)\n",
        "        return False\n",
        ("patterns/quotes/test_cuts.py", "patterns/quotes/test_matching.py"),
    ),
    Defect(
        "a check that raises lets the answer of a cascade pass",
        "patterns/escalation/checks.py",
        "        return not self.problem and not self.gap\n",
        "        return not self.problem\n",
        ("patterns/escalation/test_checks.py",),
    ),
    Defect(
        "a quote that no document holds is shown as it was given",
        "patterns/quotes/verification.py",
        "        missing = still\n",
        "        missing = []\n",
        ("patterns/quotes/test_verification.py",),
    ),
    Defect(
        "a batch whose answer was lost is submitted twice",
        "models/batching/submitted_batch.py",
        "            found = await find_batch(self.endpoint, self.token, self.size, self.at)\n            if found",
        "            found = None\n            if found",
        ("models/batching/test_batched_model.py",),
    ),
    Defect(
        "the custom id of a request is not recorded before it is sent",
        "models/batching/submitted_batch.py",
        "                await entry.record.announce(submission)\n",
        "                pass\n",
        ("models/batching/test_lost_batches.py",),
    ),
    Defect(
        "a request in a batch costs the full price",
        "budget/reply_charges.py",
        '"batch": BATCH_PRICE_FACTOR}',
        '"batch": 1.0}',
        ("models/batching/test_batched_model.py",),
    ),
    Defect(
        "a write does not wait for the verdict on the input",
        "loop/guardrails/tool_checks.py",
        "            await self.input_checks.wait()\n",
        "",
        ("loop/guardrails/test_input_checks.py",),
    ),
    Defect(
        "what is held is shown",
        "run/guardrails/held_events.py",
        "            self._held.append(event)\n            return True",
        "            self._held.append(event)\n            return False",
        ("run/guardrails/test_held_events.py", "loop/guardrails/test_input_checks.py"),
    ),
    Defect(
        "a blocked exchange stays in the conversation",
        "loop/guardrails/run_guard.py",
        "            self.exchange.forget()",
        "            pass",
        ("loop/guardrails/test_run_guard.py",),
    ),
    Defect(
        "a connection is used again although its server has more to say",
        "models/wire/connection.py",
        "        sock.recv(1, socket.MSG_PEEK)\n",
        "        raise BlockingIOError\n",
        ("models/wire/test_pool.py", "models/wire/test_connection.py"),
    ),
    Defect(
        "bytes behind a response are taken for the next one",
        "models/wire/http1.py",
        '            or self._h11.trailing_data != (b"", False)\n',
        "",
        ("models/wire/test_http1.py", "models/wire/test_pool.py"),
    ),
    Defect(
        "the end of a chunk is not looked at",
        "models/wire/http1.py",
        " or not data.startswith(_CHUNK_END, end)",
        "",
        ("models/wire/test_http1.py",),
    ),
    Defect(
        "the connection of a response that was left is kept",
        "models/wire/pool.py",
        "or not http.is_complete or connection.is_sending or not http.finish():",
        "or (http.is_complete and (connection.is_sending or not http.finish())):",
        ("models/wire/test_pool.py",),
    ),
    Defect(
        "a request that was cancelled leaves its connection open",
        "models/wire/exchange.py",
        "        except BaseException:\n            connection.close()",
        "        except Exception:\n            connection.close()",
        ("models/wire/test_exchange.py",),
    ),
    Defect(
        "a request is sent again although its response began",
        "models/wire/pool.py",
        "if free.has_answered or time",
        "if time",
        ("models/wire/test_pool.py",),
    ),
    Defect(
        "the time that a reader takes is held against the server",
        "models/wire/asyncio_connection.py",
        "if not is_waiting or unsent_bytes",
        "if unsent_bytes",
        ("models/wire/test_connection.py",),
    ),
    Defect(
        "a refusal that a reset follows is lost",
        "models/wire/asyncio_connection.py",
        "            self._read_the_rest()\n",
        "            pass\n",
        ("models/wire/test_connection.py",),
    ),
    Defect(
        "interim responses come without end",
        "models/wire/http1.py",
        "                self._interim_responses += 1\n",
        "",
        ("models/wire/test_http1.py",),
    ),
    Defect(
        "the key is in a repr",
        "models/direct/way.py",
        "    credential: str = field(repr=False)\n",
        "    credential: str\n",
        ("models/direct/test_way.py",),
    ),
    Defect(
        "a header with a line end is sent",
        "models/wire/http1.py",
        "            whole = h11.Request(method=method, target=target, headers=kept)\n",
        "            whole = h11.Request(method=method, target=target, headers=[(b'host', b'h')])\n",
        ("models/wire/test_http1.py",),
    ),
)

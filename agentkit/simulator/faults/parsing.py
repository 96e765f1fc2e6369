"""Faults written as text: `status:529,retry_after=3`, joined by `+`. The first values need no names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from agentkit.errors import ConfigurationError
from agentkit.schema.validation.did_you_mean import nearest_word
from agentkit.simulator.faults import delivery, reply_content
from agentkit.simulator.faults.fault import Fault

_CONSTRUCTORS: tuple[Callable[..., Fault], ...] = (
    *(reply_content.context_exceeded, delivery.cut, delivery.delay, delivery.drip, delivery.drop),
    *(reply_content.duplicate_ids, reply_content.duplicate_keys, reply_content.empty, delivery.end_marker),
    *(
        delivery.error_event,
        reply_content.invalid_json,
        delivery.linger,
        reply_content.max_tokens,
        reply_content.pause_turn,
        reply_content.refusal,
    ),
    *(delivery.stall, delivery.status, reply_content.truncated_json, reply_content.unknown_block),
    *(reply_content.unknown_event, reply_content.unknown_stop_reason),
)
FAULTS: Mapping[str, Callable[..., Fault]] = {make.__name__: make for make in _CONSTRUCTORS}
"""The functions that create faults, by name."""

_CONVERTERS: Mapping[str, Callable[[str], object]] = {"int": int, "float": float, "str": str}


def parse_fault(text: str) -> Fault:
    """Return the fault that a text describes. Raises ConfigurationError with what is possible instead."""
    first, *others = [_parse_single_fault(part.strip()) for part in text.split("+") if part.strip()] or [
        _parse_single_fault("")
    ]
    for other in others:
        first += other
    return first


def describe_faults() -> str:
    """Describe every fault with its settings, for `--list-faults`."""
    first_lines = {name: (make.__doc__ or "").partition("\n")[0] for name, make in FAULTS.items()}
    return "\n".join(f"{name}{_describe_settings(make)}\n    {first_lines[name]}" for name, make in FAULTS.items())


def _describe_settings(make: Callable[..., Fault]) -> str:
    given = [
        name if setting.default is setting.empty else f"{name}={setting.default}"
        for name, setting in inspect.signature(make).parameters.items()
    ]
    return f":{','.join(given)}" if given else ""


def _parse_single_fault(text: str) -> Fault:
    name, _, rest = text.partition(":")
    if name not in FAULTS:
        near = nearest_word(name, [*FAULTS])
        hint = f" Did you mean {near!r}?" if near else f" There are: {', '.join(FAULTS)}."
        raise ConfigurationError(f"There is no fault {name!r}.{hint}")
    signature = inspect.signature(FAULTS[name])
    settings: dict[str, object] = {}
    free = list(signature.parameters)
    for part in filter(None, (each.strip() for each in rest.split(","))):
        key, is_named, value = part.partition("=")
        if not is_named:
            key, value = next((each for each in free if each not in settings), ""), part
        if key not in signature.parameters:
            raise ConfigurationError(f"The fault {name!r} has no setting {key or part!r}; it has {', '.join(free)}.")
        try:
            settings[key] = _CONVERTERS[signature.parameters[key].annotation](value)
        except ValueError:
            kind = signature.parameters[key].annotation
            raise ConfigurationError(f"{key} of the fault {name!r} is of type {kind}, not {value!r}.") from None
    try:
        return FAULTS[name](**settings)
    except (TypeError, ValueError) as error:
        text = str(error).removeprefix(f"{name}() ")
        raise ConfigurationError(f"The fault {name!r} cannot be made: {text}.") from None

"""The inputs and outputs of a run: agent spec, options, steps, events, result."""

"""What a run is given and what it reports: agent spec, options, steps, events, result."""

"""Arguments that several commands share: addresses of Python objects, connections, prompts, ports."""

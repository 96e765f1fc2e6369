"""Writing by examples: examples as data, rendered into prompts, selected under a limit; what was copied from them."""

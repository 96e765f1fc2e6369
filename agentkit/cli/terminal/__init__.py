"""Output of the commands: displays of a run, exit codes, Ctrl-C, and text for a terminal."""

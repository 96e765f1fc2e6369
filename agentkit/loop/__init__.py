"""The agent loop: a pure state machine, and the driver that executes the actions it returns."""

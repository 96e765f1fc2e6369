"""The agent loop: a pure state machine and the driver that does what it says."""

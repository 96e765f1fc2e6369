"""Reading a run while it goes on: the channel of its events, and the root task in which it runs."""

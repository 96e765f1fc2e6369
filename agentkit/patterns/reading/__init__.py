"""Many documents read by cheap agents, and answered by a strong one."""

"""What several commands take: agents by address, connections, prompts."""

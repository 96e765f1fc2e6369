"""The history of a conversation: transcript, saving, compaction."""

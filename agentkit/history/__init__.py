"""What has been said: transcript, saving, compaction."""

"""An index of mail: sources of any size streamed into SQLite, searched in a small language of queries."""

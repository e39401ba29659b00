"""One run from its first count to its last record: journal, slices, store and log."""

"""One use case per file; the only place where the rooms meet."""

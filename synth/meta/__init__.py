"""The meta room."""

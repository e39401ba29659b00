"""Presets of others, and one outcome under every sensible choice."""

"""Slips in a strategy, found before anything is sent."""

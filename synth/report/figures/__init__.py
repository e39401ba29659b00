"""Figures as SVG text, from one geometry and one axis helper."""

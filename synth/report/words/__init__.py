"""Numbers and names to text: rounding, phrases and sentences."""

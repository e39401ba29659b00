"""From a model's numbers to the answer of a pool."""

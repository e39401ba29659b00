"""A strategy as people write it, and what it asks of PubMed."""

"""PubMed XML to records."""

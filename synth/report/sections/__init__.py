"""One section of an outcome's page for each further analysis."""

"""The binomial-normal and other mixed models, by their exact likelihood."""

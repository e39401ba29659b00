"""Two people's sheets of the same papers: agreement, disagreements, and what they settled."""

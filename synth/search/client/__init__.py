"""E-utilities, asked politely and believed only after a look."""

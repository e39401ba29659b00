"""How it was done, and the papers that it rests on."""

"""The first run: a few questions, each answer tried before the next, and at the end a box that somebody owns."""

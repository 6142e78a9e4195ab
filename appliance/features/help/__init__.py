"""The manual, shown by the server at /help."""

"""Live notices: /live says what changed, never the data."""

"""Backups: one file that holds a home, made while people work, and proven by being read back."""

"""Ingot: business records for a small team, on a box they own."""

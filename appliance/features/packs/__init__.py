"""Packs: declarations and seed records in files that can be installed together."""

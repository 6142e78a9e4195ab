"""Search over all entities: records become documents, a follower keeps the index fresh, /api/search answers."""

from private_databases import database, database_url, postgres_server  # noqa: F401

"""PostgreSQL: engine, sessions, migrations and the embedded server."""

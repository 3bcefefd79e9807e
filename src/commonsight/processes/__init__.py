"""One module a kind of process (`python -m commonsight.processes.<kind> --name X`), and the supervisor."""

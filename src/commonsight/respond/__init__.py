"""Whatever somebody must handle is one case, with a deadline, a history and people who are told."""

"""Before you build: what existing cameras see already, what none sees, and what was saved by asking first."""

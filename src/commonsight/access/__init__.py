"""People, organisations, roles and scopes, sessions, tokens, audit: who is calling, and what they may."""

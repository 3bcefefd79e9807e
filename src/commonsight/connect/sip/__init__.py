"""The SIP endpoint (RFC 3261): listens, keeps transactions and dialogs, and remembers what was said. No media."""

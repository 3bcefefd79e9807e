"""Who may see which picture: purposes, permits, and the register of every retrieval."""

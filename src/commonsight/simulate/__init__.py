"""Virtual cameras that play real footage, for the demo and for tests. Shares byte codecs with `connect` only."""

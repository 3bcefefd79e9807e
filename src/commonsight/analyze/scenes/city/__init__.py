"""Things that lie about: what is new in a place and stays, told from light, from passers-by and from what was there."""

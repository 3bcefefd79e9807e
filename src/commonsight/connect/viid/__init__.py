"""GA/T 1400: what smart cameras recognised themselves, taken as a view library takes it."""

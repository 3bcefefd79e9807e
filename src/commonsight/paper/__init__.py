"""Documents as files: PDF and Excel from one description of what is to be said."""

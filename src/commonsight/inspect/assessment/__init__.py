"""Assessment from above: the upper platform's feedback lists, held against what we proved ourselves, row by row."""

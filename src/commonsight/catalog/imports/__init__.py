"""Camera files as people exchange them: read, checked row by row, brought in as a whole, taken back as a whole."""

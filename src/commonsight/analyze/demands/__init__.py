"""What departments need to see: filed, matched to cameras that are there, put on, judged by what it was good for."""

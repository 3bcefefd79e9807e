"""Fan-out handed to a media server that is there already."""

"""What people say of incidents: labels, and a parameter one step stricter after a false alarm."""

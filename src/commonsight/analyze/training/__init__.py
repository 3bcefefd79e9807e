"""What people said becomes labelled data, datasets, candidates, and at last what runs: by a person's word."""

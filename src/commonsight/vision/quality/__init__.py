"""What is wrong with a picture, measured on its decoded planes; no network, no model, a few milliseconds."""

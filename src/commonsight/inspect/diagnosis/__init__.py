"""Diagnosis of pictures: which camera shows a picture that nobody can use, and how we know."""

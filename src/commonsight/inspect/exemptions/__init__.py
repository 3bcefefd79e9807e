"""Exemptions (报备): cameras that leave the denominators for a time, asked for by one person, approved by another."""

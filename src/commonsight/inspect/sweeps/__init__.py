"""Rounds of sweeps: how politely cameras are tried, what a sample tells, what is asked for now."""

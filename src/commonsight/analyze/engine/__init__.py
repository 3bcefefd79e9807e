"""The engine of analysis: which pictures are decoded and looked at, how closely, and what that costs."""

"""Being the lower platform of upper platforms: registering with them, showing them a share, answering, bridging."""

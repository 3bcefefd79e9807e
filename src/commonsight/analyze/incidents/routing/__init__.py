"""Who is competent for an incident: rules as rows, by scene or kind, region and hours."""

"""What weather and water do to a place, read from drawn references: dry road, a gauge's marks, targets in clear air."""

"""What a camera writes into its own picture: its clock against true time, its label against the catalogue."""

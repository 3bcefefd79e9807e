"""Monthly reports: one document made from the figures of a month, drawn as PDF and as Excel."""

"""A second opinion of a vision-language model: a note beside the incident, never a decision."""

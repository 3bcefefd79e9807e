"""What an incident looked like: one picture and a clip, masked before they are kept, shown only under a permit."""

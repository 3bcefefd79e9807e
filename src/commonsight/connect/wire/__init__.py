"""Byte codecs without any state machine: what lies on the wire, shared by the client and by the virtual cameras."""

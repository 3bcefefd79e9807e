"""Figures of the SIP endpoint for Prometheus."""

from prometheus_client import Counter

MESSAGES = Counter("commonsight_sip_messages", "SIP messages, by direction and method or status class", ["way", "kind"])
COPIES = Counter("commonsight_sip_copies", "Copies of requests that were answered again from the transaction")
REPEATS = Counter("commonsight_sip_repeats", "Requests of ours sent again because no answer came")
REFUSED = Counter("commonsight_sip_refused", "Messages not taken", ["why"])

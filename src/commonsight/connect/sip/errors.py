"""What may go wrong between two SIP sides, as types a caller can tell apart."""

from commonsight.connect.sip.peer import Peer


class SipError(Exception):
    """A request had no answer. `peer` is whom it was for."""

    def __init__(self, words: str, peer: Peer) -> None:
        super().__init__(f"{words} ({peer})")
        self.peer = peer


class SipTimeout(SipError):
    """No final answer in time."""


class SipUnreachable(SipError):
    """The request could not be sent: no connection, none to be had, or the line broke."""


class SipOverloaded(SipError):
    """We have too many requests under way to send another."""

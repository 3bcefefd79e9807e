"""Who else looks at a picture that is diagnosed: against the camera's reference, and for what is written into it."""

from commonsight.inspect.diagnosis.looking import Reader
from commonsight.inspect.osd.reader import OsdReader
from commonsight.inspect.references.reader import ReferenceReader
from commonsight.jobs import House


def readers(house: House) -> tuple[Reader, ...]:
    """All of them, for one diagnoser."""
    return ReferenceReader(house.settings), OsdReader(house.settings, house.clock)

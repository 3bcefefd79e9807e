"""What a virtual camera has recorded: an hour a file, with gaps, for so many days back; follows from the seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.document import Fields
from commonsight.simulate.gb28181.stage import LOCAL

KEPT: Final = timedelta(days=30)
HOUR: Final = timedelta(hours=1)
GAPS: Final = 0.05
"""Share of the hours of which nothing is there."""
BYTES_A_SECOND: Final = 256_000


@dataclass(frozen=True, slots=True)
class Recording:
    """One file; times are local and naive, as devices write them."""

    begin: datetime
    end: datetime

    def fields(self, channel: str) -> Fields:
        """The item of a RecordInfo answer."""
        stamp = self.begin.strftime("%Y%m%d%H%M%S")
        return {
            "DeviceID": channel,
            "Name": channel,
            "FilePath": f"/record/{channel}/{stamp}.ps",
            "Address": "local",
            "StartTime": self.begin.isoformat(),
            "EndTime": self.end.isoformat(),
            "Secrecy": "0",
            "Type": "time",
            "RecorderID": channel,
            "FileSize": str(int((self.end - self.begin).total_seconds()) * BYTES_A_SECOND),
        }


def between(seed: int, channel: str, begin: datetime, end: datetime, now: datetime) -> list[Recording]:
    """The files that touch the time from `begin` to `end`, oldest first; none older than `KEPT`, none of the future."""
    begin, end = max(begin, now - KEPT), min(end, now)
    hour = begin.replace(minute=0, second=0, microsecond=0)
    found = []
    while hour < end:
        if draw(seed, "record", channel, hour.isoformat()) >= GAPS:
            found.append(Recording(hour, min(hour + HOUR, now.replace(microsecond=0))))
        hour += HOUR
    return found


def moment(text: str) -> datetime | None:
    """A time as a query writes it: local and naive, with or without zone; None when it is no time."""
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return said.astimezone(LOCAL).replace(tzinfo=None) if said.tzinfo else said


def local(unix: int) -> datetime:
    """Unix seconds as a device writes them."""
    return datetime.fromtimestamp(unix, UTC).astimezone(LOCAL).replace(tzinfo=None)

"""The node's figures for Prometheus, read when asked: nothing is counted twice, and no unit waits for it."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as BaseCollector

from commonsight.media.hub import Hub


def kind_of(reader: object) -> str:
    """What a reader is counted as: its own word for itself, or how it takes its pictures."""
    return str(getattr(reader, "kind", "browser" if getattr(reader, "browser", False) else "packets"))


class Collector(BaseCollector):
    """Sums over what runs and what is over."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        hub, past = self._hub, self._hub.past
        outlets = [reading.reader.outlet for reading in hub.readings]
        totals = [relay.totals for relay in hub.relays.values()]
        cameras = GaugeMetricFamily("commonsight_media_cameras", "Cameras held open, by state", labels=["state"])
        for state in ("opening", "live", "reconnecting"):
            cameras.add_metric([state], sum(relay.state == state for relay in hub.relays.values()))
        yield cameras
        derived = GaugeMetricFamily(
            "commonsight_media_derived",
            "Pictures made for permits with limits, by whether they are masked",
            labels=["mask"],
        )
        for masked in (True, False):
            here = sum((limits.mask is not None) is masked for _, limits in hub.derived.relays)
            derived.add_metric([str(masked).lower()], here)
        yield derived
        readers = GaugeMetricFamily("commonsight_media_readers", "Readers, by kind", labels=["kind"])
        kinds = Counter(kind_of(reading.reader) for reading in hub.readings)
        for kind in sorted({"browser", "packets", *kinds}):
            readers.add_metric([kind], kinds[kind])
        yield readers
        packets = GaugeMetricFamily(
            "commonsight_media_packets", "Packets of the sessions open now, by what became of them", labels=["kind"]
        )
        open_now = [counters for relay in hub.relays.values() if (counters := relay.counters) is not None]
        packets.add_metric(["received"], sum(each.packets for each in open_now))
        packets.add_metric(["lost"], sum(each.packets_lost for each in open_now))
        packets.add_metric(["reordered"], sum(each.packets_reordered for each in open_now))
        yield packets
        figures = [
            ("readings", "Readings that are over", past.readings),
            ("received_bytes", "Bytes of access units from cameras", past.bytes_in + sum(t.bytes for t in totals)),
            ("units", "Access units from cameras", past.units + sum(t.units for t in totals)),
            ("reconnects", "Attempts to reach a lost camera", past.reconnects + sum(t.reconnects for t in totals)),
            ("sent_bytes", "Bytes sent to readers", past.bytes_out + sum(o.bytes for o in outlets)),
            ("skips", "Times a slow reader was moved on", past.skips + sum(o.skips for o in outlets)),
            (
                "skipped_frames",
                "Access units slow readers missed",
                past.frames_skipped + sum(o.frames_skipped for o in outlets),
            ),
        ]
        for name, text, value in figures:
            yield CounterMetricFamily(f"commonsight_media_{name}", text, value=value)

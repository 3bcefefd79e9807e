"""The process that opens cameras and fans their pictures out."""

import gc

from commonsight.processes.runtime import Runtime, main


async def serve(runtime: Runtime) -> None:
    """Run a media node until asked to stop."""
    from commonsight.media import node

    # Everything imported lives as long as the process. Left to the collector, it is walked through again and again,
    # and each walk holds every picture up for some hundred milliseconds just when many cameras open.
    gc.collect()
    gc.freeze()
    await node.serve(runtime.settings, runtime.database, runtime.clock, runtime.name, runtime.stop)


if __name__ == "__main__":
    main("media", serve, metrics=False)

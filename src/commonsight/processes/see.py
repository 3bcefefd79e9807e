"""The process that watches cameras: frames to detections, tracks and observations."""

from commonsight.processes.runtime import Runtime, main


async def serve(runtime: Runtime) -> None:
    """Run an analysis worker until asked to stop."""
    from commonsight.analyze import see

    await see.serve(runtime.settings, runtime.database, runtime.clock, runtime.name, runtime.stop)


if __name__ == "__main__":
    main("see", serve)

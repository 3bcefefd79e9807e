"""The process that opens cameras and fans their pictures out."""

from commonsight.processes.runtime import Runtime, main


async def serve(runtime: Runtime) -> None:
    """Run a media node until asked to stop."""
    from commonsight.media import node

    await node.serve(runtime.settings, runtime.database, runtime.clock, runtime.name, runtime.stop)


if __name__ == "__main__":
    main("media", serve, metrics=False)

"""The process of the demo world: virtual cameras. Run by `commonsight demo` only."""

from commonsight.processes.runtime import Runtime, main


async def serve(runtime: Runtime) -> None:
    """Run the virtual cameras until asked to stop."""
    from commonsight.simulate import demo

    await demo.serve(runtime.settings, runtime.database, runtime.clock, runtime.name, runtime.stop)


if __name__ == "__main__":
    main("simulate", serve)

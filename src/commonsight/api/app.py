"""`create_app`: every room's routes under /api/v1, the page above them, and what all requests go through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

import commonsight
from commonsight.access import routes as access
from commonsight.access.oidc_client import Providers
from commonsight.analyze import routes as analyze
from commonsight.analyze.areas import routes as visitor_areas
from commonsight.analyze.budget import routes as budget
from commonsight.analyze.demands import routes as demands
from commonsight.analyze.deployments import routes as deployments
from commonsight.analyze.incidents import routes as incidents
from commonsight.analyze.scenes import pack_routes as scene_packs
from commonsight.analyze.scenes import routes as scenes
from commonsight.analyze.scenes import try_routes as scene_tries
from commonsight.analyze.training import routes as training
from commonsight.analyze.traits import routes as traits
from commonsight.api import PREFIX, docs, live_socket, page, problem, system, topics
from commonsight.api.authorize import Authorize
from commonsight.api.cuts import Cuts
from commonsight.api.limits import RateLimit
from commonsight.api.live import Hub
from commonsight.api.media_addresses import MediaAddresses
from commonsight.api.middleware import BodyLimit, Observe, OriginCheck, SecurityHeaders
from commonsight.catalog import intake_routes as intake
from commonsight.catalog import routes as catalog
from commonsight.catalog.walls import routes as walls
from commonsight.clock import Clock
from commonsight.connect.gb28181 import routes as gb28181
from commonsight.connect.gb28181.above import routes as above
from commonsight.connect.onvif import routes as onvif
from commonsight.connect.viid import routes as viid
from commonsight.gate import routes as gate
from commonsight.inspect import routes as inspect
from commonsight.inspect import why_routes as why
from commonsight.inspect.assessment import routes as assessment
from commonsight.inspect.diagnosis import routes as diagnosis
from commonsight.inspect.diagnosis import threshold_routes as thresholds
from commonsight.inspect.exemptions import routes as exemptions
from commonsight.inspect.indicators import routes as indicators
from commonsight.inspect.osd import routes as osd
from commonsight.inspect.references import routes as references
from commonsight.inspect.reports import routes as reports
from commonsight.inspect.sweeps import routes as sweeps
from commonsight.media.handover import routes as handover
from commonsight.media.recordings import export_routes as exports
from commonsight.media.recordings import routes as recordings
from commonsight.places import routes as places
from commonsight.records.database import Database
from commonsight.respond import routes as respond
from commonsight.settings import Settings
from commonsight.vision import mask_routes as masks

ROUTERS: tuple[APIRouter, ...] = (
    access.router,
    places.router,
    intake.router,  # before the camera list: "vanished" is no camera's id
    catalog.router,
    walls.router,
    gb28181.router,
    above.router,
    onvif.router,
    viid.router,
    gate.router,
    handover.router,
    recordings.router,
    exports.router,
    masks.router,
    analyze.router,
    budget.router,
    incidents.router,
    training.router,
    deployments.router,
    demands.router,
    scenes.router,
    scene_tries.router,
    visitor_areas.router,
    scene_packs.router,
    traits.router,
    respond.router,
    inspect.router,
    diagnosis.router,
    thresholds.router,
    osd.router,
    references.router,
    sweeps.router,
    indicators.router,
    why.router,
    exemptions.router,
    assessment.router,
    reports.router,
    system.router,
    live_socket.router,
)
"""Every room's routes, in the order of the line from people to figures."""

COMPRESS_BYTES = 1_400
"""Smaller answers fit into one packet anyway."""


def create_app(settings: Settings, database: Database, clock: Clock) -> FastAPI:
    """The application. Starts nothing by itself: live sources run while somebody listens."""
    app = FastAPI(
        title="Commonsight",
        version=commonsight.__version__,
        description=docs.DESCRIPTION,
        # FastAPI's own reference loads its script from another site; `docs` renders ours.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    locate = MediaAddresses(settings, database)
    app.state.settings, app.state.database, app.state.clock = settings, database, clock
    app.state.providers = Providers(settings.oidc.providers, clock)
    app.state.authorize = Authorize(settings, database, clock)
    app.state.locate, app.state.media_origins = locate, locate.origins
    app.state.outlets = locate.outlets
    app.state.cuts = Cuts(database.dsn)
    app.state.live = Hub(topics.sources(settings, database, clock), clock)
    app.state.page = page.built()
    app.state.started_at = clock.now()

    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(system.probes)
    app.include_router(docs.router)
    app.include_router(page.router)  # last: it answers every path that nobody else has
    docs.install(app)
    problem.install(app)

    # Added from the inside out: the last one sees a request first.
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESS_BYTES, compresslevel=4)
    app.add_middleware(OriginCheck, origins=[settings.api.public_url] if settings.api.public_url else [])
    app.add_middleware(BodyLimit, most=settings.api.body_limit)
    app.add_middleware(
        RateLimit,
        clock=clock,
        address_rate=settings.access.address_rate,
        caller_rate=settings.access.caller_rate,
    )
    app.add_middleware(Observe)
    secure = settings.tls.on or (settings.api.public_url or "").startswith("https:")
    app.add_middleware(SecurityHeaders, secure=secure)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.live.close()
    app.state.cuts.close()

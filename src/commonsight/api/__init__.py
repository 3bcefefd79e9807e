"""The composition root of the HTTP interface: mounts each room's routes, says who may call, shows the page."""

PREFIX = "/api/v1"

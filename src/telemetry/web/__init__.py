"""The page: the built front end, served beside the API."""

from telemetry.web.assets import mount

__all__ = ["mount"]

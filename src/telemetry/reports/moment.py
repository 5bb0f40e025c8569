"""Times as answers carry them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339, with the offset of the park's zone."""

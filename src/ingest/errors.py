"""The errors of the reading side.

IngestError
├── TemplateError      a device template that contradicts itself or the catalogue
├── PayloadError       bytes from outside that cannot be read: field, value, reason
│   └── TooManyRows    more than one write takes
├── SourceError        a source that does not answer
│   ├── LineDown       no connection to it
│   ├── UnitSilent     connected, but this device behind it does not answer
│   └── UnitRefuses    the device answers that it cannot
├── StoreUnavailable   rows could not be made durable; the sender should come again
│   ├── QueueFull      too many rows wait already: this sender is too fast
│   └── SpoolFull      the store is away, and the spool has no room left
└── SpoolError         the spool's folder cannot be used; the message says why
"""


class IngestError(Exception):
    """Root of every error that ingest raises."""


class TemplateError(IngestError):
    pass


class PayloadError(IngestError):
    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {reason} (got {value!r})" if field else f"{reason} (got {value!r})")
        self.field = field
        self.value = value
        self.reason = reason


class TooManyRows(PayloadError):  # noqa: N818  # a state of the body
    pass


class SourceError(IngestError):
    pass


class LineDown(SourceError):  # noqa: N818  # read as a state by its callers
    pass


class UnitSilent(SourceError):  # noqa: N818  # read as a state by its callers
    pass


class UnitRefuses(SourceError):  # noqa: N818  # read as a state by its callers
    pass


class StoreUnavailable(IngestError):  # noqa: N818  # read as a state by its callers
    pass


class QueueFull(StoreUnavailable):
    pass


class SpoolFull(StoreUnavailable):
    pass


class SpoolError(IngestError):
    pass

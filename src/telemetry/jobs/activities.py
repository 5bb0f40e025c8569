"""The settling of activities: what they emitted, made anew whenever they or the factors change."""

from datetime import datetime

from telemetry.reports.activities import Rating
from telemetry.storage import record_emission, records
from telemetry.storage.pool import Transaction
from telemetry.storage.records import Sort

_MOST = 1000


def settle(tx: Transaction, rating: Rating, now: datetime) -> bool:
    """Settle some of those that are marked; False when there were none."""
    ids = records.take(tx, _MOST)
    if not ids:
        return False
    standing = [
        each for each in records.of_ids(tx, ids) if each.sort == Sort.ACTIVITY and each.withdrawn_at is None
    ]
    rows = [row for record in standing for row in rating.masses(record, now)]
    record_emission.replace(tx, ids, rows, now)
    return True

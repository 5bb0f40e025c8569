"""Cancellations that a library lost: on Python 3.11 `asyncio.wait_for` does so where an answer meets one."""

import asyncio


def heed_cancellation() -> None:
    """For loops around a library's calls. Raises CancelledError where the task was told to end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

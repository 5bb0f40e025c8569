"""What stands as long as the plan does: left out when Python looks for garbage."""

import gc


def leave_out() -> None:
    """All that is alive now, until the next call. A look at a library of tariffs takes 0.1 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()

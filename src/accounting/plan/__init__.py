"""Plans of jobs on production lines: what they cost, what breaks, what could move, and the cheapest one."""

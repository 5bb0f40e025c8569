"""Ways to tell of alerts, one module each."""

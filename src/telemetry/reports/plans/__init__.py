"""Production plans of people: read, set against prices, forecast and contract demand, and answered."""

"""What fast means, measured beside a plain reference in one run."""

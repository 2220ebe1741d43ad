"""Card payments: states, refunds and what a provider tells of them."""

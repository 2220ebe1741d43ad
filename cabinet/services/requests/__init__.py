"""Requests for work on a meter: the customer asks, specialists plan and finish."""

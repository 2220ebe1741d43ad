"""The history of an account's readings: a report for a period."""

"""The period of a report: two days as people write them, or so many months."""

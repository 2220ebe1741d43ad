"""Use cases: one function, one transaction; no HTTP, no mail, no PDF."""

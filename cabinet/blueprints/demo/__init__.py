"""The demonstration: its people, what to try, and the mail it sent."""

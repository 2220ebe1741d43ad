"""Flask-facing tools that know nothing of billing."""

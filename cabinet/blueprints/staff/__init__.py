"""The back office (рабочее место)."""

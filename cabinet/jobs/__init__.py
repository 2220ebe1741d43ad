"""Work a timer may call at any time, also twice at once."""

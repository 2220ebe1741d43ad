"""Files of the pages, and the page for the time without a connection."""

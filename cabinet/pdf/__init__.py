"""Documents to print: HTML templates into PDF, and pictures of QR codes."""

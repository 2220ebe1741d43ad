"""Передать показания без входа: by account and meter, or by the link of a reminder."""

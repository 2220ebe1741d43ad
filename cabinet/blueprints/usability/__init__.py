"""How convenient it is."""

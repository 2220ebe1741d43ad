"""/api/v1: the cabinet for programs, in JSON, with a personal key."""

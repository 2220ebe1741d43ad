"""The section where people leave: their data to keep, closing the cabinet."""

"""Personal account of the customers of an electricity retailer."""

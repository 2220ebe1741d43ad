"""Замена и проверка счётчика: requests for work on a meter, as their account sees them."""

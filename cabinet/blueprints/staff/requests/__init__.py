"""Заявки: the queue, one request, the plan of a day, crews, and how each ends."""

"""Платежи in the back office: what needs a person, refunds, disputes."""

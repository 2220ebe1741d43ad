"""Письма и согласия: what a customer agreed to, and taking it back."""

"""Public documents: policy, consents, terms, help."""

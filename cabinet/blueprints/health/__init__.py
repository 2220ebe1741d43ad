"""Whether the process and its database are well."""

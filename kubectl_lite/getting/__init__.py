"""What `get` does with what it was asked for: fetching (`ask`), tables, whole objects, and watching their changes."""

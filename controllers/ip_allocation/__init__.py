"""Keeps the books of Service addresses true: every address in use is booked, and nothing else is."""

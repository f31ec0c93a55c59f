"""The five types of Service as numbered examples, and what runs them: `python -m examples`."""

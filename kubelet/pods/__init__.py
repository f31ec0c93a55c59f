"""One pod from its binding to this node to its end: what to do next (pure), doing it, and what to report (pure)."""

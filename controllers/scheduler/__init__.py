"""The scheduler: gives each pod a node. `filters` say where it cannot go, `scores` where it should."""

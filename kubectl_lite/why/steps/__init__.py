"""The steps of the walk, each a pure function from the facts to findings, in files by what they look at."""

"""Objects made from flags: what `create KIND`, `run` and `expose` send. Pure; the commands send them."""

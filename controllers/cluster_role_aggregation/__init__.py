"""The cluster role aggregation controller: roles that are made of other roles."""

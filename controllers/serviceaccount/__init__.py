"""The service account controller: a `default` account in every namespace."""

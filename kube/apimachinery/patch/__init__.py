"""The four patches of Kubernetes, on plain JSON and a type's declarations.

`json_patch` (RFC 6902) and `merge` (RFC 7386) know no types; `strategic` reads merge keys from the declarations;
`apply` is server-side apply, with `managed_fields` (who owns what) and `fieldset` (sets of fields). The API server's
write handlers call all of them, kubectl_lite the `three_way` functions. Nothing here reads a store or a clock.
"""

"""What several kinds validate alike: names, ports, addresses, taints. Each kind's own rules are with the kind.

Called by `validation.py` of the kinds. It calls the word-for-word rules of `kube.apimachinery.validation` and turns
them into field errors. All of it is pure: a value, a path, a list of what is wrong.
"""

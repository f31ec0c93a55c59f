"""How objects are printed: `-o wide|yaml|json|name|jsonpath=…|custom-columns=…`, and the server's Tables.

Called by `get` and by the writing commands. Each format is a module; `objects.printer_for` chooses.
"""

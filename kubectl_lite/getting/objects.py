"""`get` as programs read it: whole objects in YAML, JSON or through a template. Called by `commands.get`."""

from __future__ import annotations

import sys

from kubectl_lite.getting.ask import answers, items_of, tell
from kubectl_lite.getting.options import Options
from kubectl_lite.printers.objects import as_list
from kubectl_lite.resources import Target
from kubectl_lite.session import Session


async def print_objects(session: Session, found: list[Target], options: Options) -> int:
    """Prints whole objects: one by itself, several as one List."""
    assert options.printer
    got, errors = await answers(session, found, options)
    items = [item for target, answer in got for item in ([answer] if target.name else items_of(answer))]
    single = len(found) == 1 and bool(found[0].name)
    if options.sort_by and not single:
        from kubectl_lite.printers.sorting import ordered

        items = ordered(items, options.sort_by, items)
    if single and items:
        sys.stdout.write(options.printer(items[0]))
    elif not single:
        sys.stdout.write(options.printer(as_list(items)))
    return tell(errors)

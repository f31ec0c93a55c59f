"""What the texts of all kinds share: metadata, labels, events, ages, indentation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from kubectl_lite.durations import age

Json = dict[str, Any]
NONE = "<none>"
NEVER = "Mon, 01 Jan 0001 00:00:00 +0000"
"""Go's zero time, for what has not happened."""
LONGEST = 140
"""Of an annotation that is shown whole."""


class Text:
    """Collects lines; a level is two blanks. Cells are separated by tabs, aligned at the end."""

    def __init__(self, now: datetime | None = None) -> None:
        self.lines: list[str] = []
        self.now = now or datetime.now(UTC)

    def __call__(self, level: int, line: str = "") -> None:
        self.lines.append("  " * level + line)

    def done(self) -> str:
        from kubectl_lite.printers.tabwriter import align

        return align("\n".join(self.lines) + "\n")

    def labels(self, title: str, values: Json | None, level: int = 0, skip: Iterable[str] = ()) -> None:
        """`Labels:  a=b`, the rest below one another, sorted."""
        pairs = [f"{k}={v}" for k, v in sorted((values or {}).items()) if k not in set(skip)]
        self.pairs(title, pairs, level)

    def annotations(self, values: Json | None, level: int = 0) -> None:
        """Long values stand on their own line."""
        skip = "kubectl.kubernetes.io/last-applied-configuration"
        pairs = []
        for k, v in sorted((values or {}).items()):
            if k == skip:
                continue
            text = v.removesuffix("\n")
            short = len(k) + len(text) + 2 <= LONGEST and "\n" not in text
            cut = [line if len(line) <= LONGEST - 2 else f"{line[: LONGEST - 2]}..." for line in text.split("\n")]
            pairs.append(f"{k}: {text}" if short else f"{k}:" + "".join(f"\n\t  {line}" for line in cut))
        self.pairs("Annotations", pairs, level)

    def pairs(self, title: str, pairs: list[str], level: int = 0) -> None:
        head = f"{title}:"
        if not pairs:
            self(level, f"{head}\t{NONE}")
            return
        self(level, f"{head}\t{pairs[0]}")
        for pair in pairs[1:]:
            self(level, f"\t{pair}")

    def metadata(self, obj: Json, *, namespace: bool = True) -> None:
        """Name, namespace, labels, annotations."""
        meta = obj["metadata"]
        self(0, f"Name:\t{meta['name']}")
        if namespace:
            self(0, f"Namespace:\t{meta.get('namespace', '')}")
        self.labels("Labels", meta.get("labels"))
        self.annotations(meta.get("annotations"))

    def controlled_by(self, obj: Json) -> None:
        owner = next((o for o in obj["metadata"].get("ownerReferences", ()) if o.get("controller")), None)
        if owner:
            self(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")

    def conditions(self, conditions: list[Json] | None, columns: Iterable[str] = ("type", "status")) -> None:
        if not conditions:
            return
        names = [c[0].upper() + c[1:] for c in columns]
        self(0, "Conditions:")
        self(1, "\t".join(names))
        self(1, "\t".join("-" * len(n) for n in names))
        for condition in conditions:
            self(1, "\t".join(str(condition.get(c, "")) for c in columns))

    def events(self, events: list[Json] | None) -> None:
        """The events of the object, oldest first, as a table; nothing when they were not asked for."""
        if events is None:
            return
        if not events:
            self(0, f"Events:\t{NONE}")
            return
        self(0, "Events:")
        self(1, "Type\tReason\tAge\tFrom\tMessage")
        self(1, "----\t------\t----\t----\t-------")
        for e in sorted(events, key=_last_seen):
            message = e.get("message", "").strip()
            self(1, "\t".join((e.get("type", ""), e.get("reason", ""), self.interval(e), _source(e), message)))

    def interval(self, e: Json) -> str:
        last, first = _last_seen(e), e.get("firstTimestamp") or _last_seen(e)
        count = (e.get("series") or {}).get("count") or e.get("count") or 1
        if count > 1:
            return f"{self.age(last)} (x{count} over {self.age(first)})"
        return self.age(first)

    def age(self, timestamp: str | None) -> str:
        """How long ago, as kubectl says it: `5m3s`, `2d`."""
        return age(timestamp, self.now)


def _last_seen(e: Json) -> str:
    return (e.get("series") or {}).get("lastObservedTime") or e.get("lastTimestamp") or e.get("eventTime") or ""


def _source(e: Json) -> str:
    return (e.get("source") or {}).get("component") or e.get("reportingComponent") or e.get("reportingController") or ""


def time(timestamp: str | None) -> str:
    """A time as Go's RFC1123Z writes it, in this machine's zone: `Mon, 23 Nov 2026 04:00:00 +0000`."""
    if not timestamp:
        return "<unset>"
    then = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return then.astimezone().strftime("%a, %d %b %Y %H:%M:%S %z")


def moment(timestamp: str | None) -> str:
    """The same; Go's zero time for what has not happened."""
    return time(timestamp) if timestamp else NEVER


def selector(labels: Json | None) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or NONE


def label_selector(given: Json | None) -> str:
    """A LabelSelector in set notation: `app=web,tier in (a,b)`."""
    given = given or {}
    parts = [f"{k}={v}" for k, v in sorted((given.get("matchLabels") or {}).items())]
    for e in given.get("matchExpressions") or ():
        values = ",".join(sorted(e.get("values") or ()))
        match e["operator"]:
            case "In":
                parts.append(f"{e['key']} in ({values})")
            case "NotIn":
                parts.append(f"{e['key']} notin ({values})")
            case "Exists":
                parts.append(e["key"])
            case "DoesNotExist":
                parts.append("!" + e["key"])
    return ",".join(parts) or NONE

"""`kubectl_lite uncordon`: new pods may come to the node again."""

from __future__ import annotations

from kubectl_lite.cordoning import cordoning

cli = cordoning("uncordon", False, "Mark node as schedulable.")

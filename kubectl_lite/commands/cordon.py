"""`kubectl_lite cordon`: no new pods come to the node."""

from __future__ import annotations

from kubectl_lite.cordoning import cordoning

cli = cordoning("cordon", True, "Mark node as unschedulable.")

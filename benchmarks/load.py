"""Load on a server, made by `wrk`: it costs little processor time, which the server needs on a small machine.

Called by the benchmarks of the server. It writes wrk's Lua script, runs wrk, and reads the JSON that the script prints.
Every answer over 399 counts as a failure, and a load with failures is no measurement.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from benchmarks import Skip
from benchmarks.servers import Target

CONNECTIONS = 32
_LONGEST = 300

_DONE = """
local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int sig);")

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"seconds":%f,"bytes":%d,"failed":%d,"p50":%f,"p99":%f}\\n',
    summary.requests, summary.duration / 1e6, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""

# wrk runs for a time, not for a number of requests: who has sent enough ends the run, as Ctrl-C would.
_CREATE = """
local made, prefix, wanted = 0, "%s", %d
local before, after = [==[%s]==], [==[%s]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["User-Agent"] = "bench/1.0"

function request()
  made = made + 1
  if made > wanted then ffi.C.kill(ffi.C.getpid(), 2) end
  return wrk.format("POST", nil, nil, before .. prefix .. made .. after)
end
"""


@dataclass(frozen=True)
class Load:
    """What a run of wrk saw."""

    requests: int
    seconds: float
    bytes: int
    failed: int
    p50: float
    p99: float
    cpu: float
    """Seconds of processor time that the server used for it."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def note(self) -> str:
        each = f", {self.cpu / self.requests * 1e6:.0f} us CPU each" if self.cpu else ""
        size = f", {self.bytes / self.requests / 1e6:.1f} MB each" if self.bytes > 1e5 * self.requests else ""
        return f"p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms{each}{size}"


def create(target: Target, path: str, template: str, count: int, connections: int = CONNECTIONS) -> Load:
    """Creates about `count` objects (what is under way at the end still arrives). The template's NAME is replaced by
    a new name each time."""
    before, _, after = template.partition("NAME")
    prefix = f"s{uuid.uuid4().hex[:8]}-"
    return _wrk(target, path, _DONE + _CREATE % (prefix, count, before, after), _LONGEST, connections)


def read(target: Target, path: str, seconds: float, connections: int = CONNECTIONS) -> Load:
    """GETs of one path for some seconds."""
    return _wrk(target, path, _DONE, max(1, round(seconds)), connections)


def _wrk(target: Target, path: str, script: str, seconds: int, connections: int) -> Load:
    if not shutil.which("wrk"):
        raise Skip("wrk is not installed: scripts/install.sh bench")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(Path(file.name))]
        command += ["-H", f"Authorization: Bearer {target.token}", target.url + path]
        before = target.cpu()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        used = target.cpu() - before
    found = [line for line in done.stdout.splitlines() if line.startswith('{"requests"')]
    if not found:
        raise RuntimeError(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    load = Load(**json.loads(found[0]), cpu=used)
    if load.failed:
        raise RuntimeError(f"{load.failed} of {load.requests} requests to {path} failed")
    return load

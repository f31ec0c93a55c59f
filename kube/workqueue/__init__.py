"""Work queues: `WorkQueue` hands keys to workers; rate limiters say how long failed ones wait."""

from kube.workqueue.queue import ShutDown, WorkQueue
from kube.workqueue.ratelimiter import Bucket, ItemExponential, MaxOf, RateLimiter, default_rate_limiter

__all__ = [
    "Bucket", "ItemExponential", "MaxOf", "RateLimiter", "ShutDown", "WorkQueue", "default_rate_limiter",
]  # fmt: skip

"""The ServiceCIDR controller: ranges of Service addresses become ready, and go only when nobody needs them."""

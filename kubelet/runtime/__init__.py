"""What runs containers: `interface` says what a runtime must do, `process` does it with plain processes."""

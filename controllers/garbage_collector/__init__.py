"""The garbage collector: what depends on an owner that is gone goes too, or is set free, as the deletion asked."""

"""The kernel's own account of its types: where it is, and what is in it."""

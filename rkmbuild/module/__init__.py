"""A finished `.ko`: what is in it, and what a kernel would say to it."""

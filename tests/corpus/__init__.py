"""Broken modules, and what a booted kernel says to each of them."""

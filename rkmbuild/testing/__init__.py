"""Tests of a module project: which there are, how they run in guests, what came of them."""

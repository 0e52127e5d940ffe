"""Tests of a module project: which there are, where they run, what came of them.

Here belongs what is true of tests. How a guest boots is `guest`'s.
"""

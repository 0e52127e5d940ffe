"""The facts of a finished `.ko`: its file, sections, symbols, code, and what it says of itself.

Here belongs what is so whatever kernel comes along. Nothing in this room judges: whether a kernel
takes the module is `verdict`'s.
"""

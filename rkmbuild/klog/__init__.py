"""All reading of kernel logs: lines and records, reports and their frames, what went wrong.

Here belongs what a log says by itself. What that is in the module's source is `trace`'s.
"""

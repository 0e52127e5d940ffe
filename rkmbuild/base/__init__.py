"""What every room stands on: errors, the terminal, processes, files, the cache, templates.

Here belongs what would be the same in a tool that builds something else. What knows of a kernel, a
toolchain or a module does not.
"""

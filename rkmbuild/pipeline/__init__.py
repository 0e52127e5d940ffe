"""From a module project, a kernel tree and a toolchain to a `.ko`.

Here belongs the plan of a build, its stages, and what decides that there is nothing to do. What a
finished module is like is read by `ko`.
"""

"""What this machine has and lacks for building, running and loading modules, and what repairs it.

Here belongs the examination and its table. How a part is found is its own room's.
"""

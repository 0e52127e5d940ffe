"""The running kernel: modules are put into it and taken out, now and at every boot.

Here belongs all that changes the machine that we run on, or reads what is in its kernel. Virtual
machines are `guest`'s.
"""

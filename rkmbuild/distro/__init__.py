"""Where kernels and packages come from: a distribution's offers, its downloads, its words.

Here belongs what differs from one distribution to another; each is a source of kernels with a
module of its own. What a kernel's tree says of itself is `kernel`'s.
"""

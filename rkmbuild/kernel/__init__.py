"""What we build for: kernels, found, fetched and described.

Here belongs what a kernel's tree, image or configuration says, and the overlay that shadows a tree.
Building something against it is `pipeline`'s.
"""

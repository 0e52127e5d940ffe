"""What the kernel's crash reports say, in the words of the module's source.

Here belongs the way from an address to a function, file and line. Reading the log is `klog`'s.
"""

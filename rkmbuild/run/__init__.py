"""Where a module runs: the host's kernel, or a guest's in a virtual machine."""

"""What the kernel's crash reports say, in the words of the module's source."""

"""What we build for: kernels, found, fetched and described."""

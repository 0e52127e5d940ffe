"""Speed and size, measured beside the plain tools in one run."""

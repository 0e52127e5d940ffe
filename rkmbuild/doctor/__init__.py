"""What this machine has and lacks for building, running and loading modules, and what mends it."""

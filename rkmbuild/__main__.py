"""Lets `python -m rkmbuild` do what the `rkmbuild` command does."""

from rkmbuild.cli import main

if __name__ == "__main__":
    main()

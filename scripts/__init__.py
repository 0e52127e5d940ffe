"""What is done to this checkout by hand or by ./bootstrap, and not by a user of rkmbuild."""

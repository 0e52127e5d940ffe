"""The user's side: crates and workspaces, their manifests, names, scaffolding, workflows.

Here belongs what is read from, or written into, a user's source folder. What is built from it is
`pipeline`'s.
"""

"""The services for continuous integration that run workflows."""

from enum import StrEnum


class Service(StrEnum):
    """Who runs the workflow."""

    GITHUB = "github"
    GITLAB = "gitlab"

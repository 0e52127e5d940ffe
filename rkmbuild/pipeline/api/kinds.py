"""The APIs by their names."""

from collections.abc import Mapping

from rkmbuild.pipeline.api.base import KernelApi
from rkmbuild.pipeline.api.portable import Portable
from rkmbuild.pipeline.api.upstream.upstream import Upstream

KINDS: Mapping[str, KernelApi] = {api.name: api for api in (Portable(), Upstream())}
"""Those that `api` in Cargo.toml may name; project.APIS says the same to who reads it there."""

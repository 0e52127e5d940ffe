"""The environment that a tool runs in: a part of ours that is chosen, and what a stage adds."""

import os
from collections.abc import Mapping

# What a tool may see of the user's environment: who and where one is, how to reach the network
# (cargo), and where the user keeps toolchains. Everything else would change results unseen.
_PASSED_ON = (
    "HOME", "USER", "LOGNAME", "PATH", "TMPDIR", "TERM", "COLORTERM", "NO_COLOR",
    "LANG", "LC_ALL", "LC_CTYPE", "TZ", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL",
    "CARGO_TERM_COLOR", "CCACHE_DIR", "SOURCE_DATE_EPOCH",
)  # fmt: skip
_OF_NETWORKS = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND",
)  # fmt: skip
# What a user tells cargo of networks and registries by its environment, tokens included.
_OF_REGISTRIES = ("CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_")

OF_THE_TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "CARGO_TERM_COLOR", "SSH_AUTH_SOCK")
"""What a tool sees and what changes nothing in what it makes: another terminal, another login."""


def tool_environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return the environment for a tool: the allow-listed part of ours, then `extra`.

    A value of None in `extra` removes the variable.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name in _OF_NETWORKS or name.startswith(_OF_REGISTRIES)
    }
    for name, value in (extra or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def local_environment() -> dict[str, str]:
    """Return the environment for a tool that reaches no network, which may be kept in a file.

    Proxies' addresses and registries' tokens are secrets.
    """
    return {name: value for name, value in tool_environment().items() if name in _PASSED_ON}

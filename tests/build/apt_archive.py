"""A package archive of our own, as small as apt takes one, with kernels made of a few files.

It lets real apt and real dpkg-deb meet what the distribution's archive cannot be asked for: a newer
version, a package without an image, a file that is not what the list says, a source without a
signature.
"""

import email.utils
import hashlib
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests import kernel_trees

RELEASE = kernel_trees.RELEASES["6.12"]
_TAIL = "6.12.117+deb12"
_META = "linux-headers-6.12-cloud-amd64"


class Key:
    """A key to sign suites with, in a keyring of its own below `folder`."""

    def __init__(self, folder: Path) -> None:
        # gpg's agent has a socket there, whose path may have 107 bytes.
        self._home = Path(tempfile.mkdtemp(prefix="gpg"))
        self.keyring = folder / "keyring.gpg"
        folder.mkdir(exist_ok=True)
        self._gpg("--passphrase", "", "--quick-generate-key", "Nobody", "ed25519", "sign", "never")
        self._gpg("--output", str(self.keyring), "--export")

    def sign(self, release: Path, signed: Path) -> None:
        """Write what is in `release` to `signed`, with a signature."""
        self._gpg("--output", str(signed), "--clearsign", str(release))

    def remove(self) -> None:
        """End the agent that gpg started, and remove the key."""
        _run("gpgconf", "--homedir", str(self._home), "--kill", "all")
        shutil.rmtree(self._home)

    def _gpg(self, *words: str) -> None:
        _run("gpg", "--homedir", str(self._home), "--batch", "--quiet", *words)


class Archive:
    """One flat archive below `folder`, and an apt configuration that knows no other."""

    def __init__(self, folder: Path, *, trusted: bool = True) -> None:
        self.pool = folder / "pool"
        self.config = folder / "apt.conf"
        for name in ("pool", "lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        self._options = "[trusted=yes]" if trusted else "[allow-insecure=yes]"
        self._sources = folder / "sources.list"
        self.config.write_text(
            f'Dir::State::Lists "{folder}/lists";\n'
            f'Dir::Cache "{folder}/cache";\n'
            f'Dir::Etc::SourceList "{folder}/sources.list";\n'
            'Dir::Etc::SourceParts "/dev/null";\n'
            'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n'
        )
        self._paragraphs: list[str] = []
        self._sources.write_text(f"deb {self._options} file:{self.pool} ./\n")

    def serve_from(self, address: str) -> None:
        """Have apt get the packages from `address`, which serves the pool."""
        self._sources.write_text(f"deb {self._options} {address} ./\n")
        self.publish()

    def add(self, name: str, version: str, *, depends: str = "", files: Path | None = None) -> Path:
        """Add a package that holds what is below `files`."""
        root = self.pool.parent / "root"
        shutil.rmtree(root, ignore_errors=True)
        if files:
            shutil.copytree(files, root, symlinks=True)
        control = (
            f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
            f"Maintainer: Nobody <nobody@example.org>\nDepends: {depends}\nDescription: none\n"
        ).replace("Depends: \n", "")
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN/control").write_text(control)
        made = self.pool / f"{name}_{version}_amd64.deb"
        _run("dpkg-deb", "--root-owner-group", "-Znone", "-b", str(root), str(made))
        content = made.read_bytes()
        self._paragraphs.append(
            f"{control}Filename: ./{made.name}\nSize: {len(content)}\n"
            f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
        )
        return made

    def add_kernel(self, version: str, *, image: bool = True, publish: bool = True) -> None:
        """Add 6.12 cut into packages as Debian does, and the metapackage that recommends it."""
        folder = self.pool.parent / f"kernel-{version}"
        kernel_trees.debian(folder / "headers", "6.12")
        common = folder / "common/usr/src"
        common.mkdir(parents=True)
        (folder / f"headers/usr/src/linux-headers-{_TAIL}-common").rename(
            common / f"linux-headers-{_TAIL}-common"
        )
        (folder / "kbuild/usr").mkdir(parents=True)
        (folder / "headers/usr/lib").rename(folder / "kbuild/usr/lib")
        if image:
            kernel_trees.image(folder / "image", RELEASE)
        else:
            (folder / "image").mkdir()
        headers = f"linux-headers-{_TAIL}-common (= {version}), linux-kbuild-{_TAIL}, gcc-12"
        self.add(f"linux-headers-{RELEASE}", version, depends=headers, files=folder / "headers")
        self.add(f"linux-headers-{_TAIL}-common", version, files=folder / "common")
        self.add(f"linux-kbuild-{_TAIL}", version, files=folder / "kbuild")
        self.add(f"linux-image-{RELEASE}", version, depends="kmod", files=folder / "image")
        self.add(_META, version, depends=f"linux-headers-{RELEASE} (= {version})")
        if publish:
            self.publish()

    def publish(self) -> None:
        """Write the list of packages, and have apt read it."""
        (self.pool / "Packages").write_text("\n".join(self._paragraphs))
        _run("apt-get", "update", "-q", "-c", str(self.config))

    def empty(self) -> None:
        """Offer nothing any more."""
        self._paragraphs.clear()
        self.publish()

    def publish_suite(
        self, suite: str, key: Key, *, valid_for: timedelta = timedelta(days=7)
    ) -> None:
        """Publish all that was added so far as `suite`, and tell apt of the suite `ours` alone."""
        folder = self.pool / "dists" / suite
        (folder / "main/binary-amd64").mkdir(parents=True, exist_ok=True)
        packages = "\n".join(self._paragraphs).replace("Filename: ./", "Filename: ")
        (folder / "main/binary-amd64/Packages").write_text(packages)
        now = datetime.now(UTC)
        dates = {
            name: email.utils.format_datetime(date).replace("+0000", "UTC")
            for name, date in (
                ("Date", min(now, now + valid_for)),
                ("Valid-Until", now + valid_for),
            )
        }
        (folder / "Release").write_text(
            f"Origin: Ours\nLabel: Ours\nSuite: {suite}\nCodename: {suite}\n"
            + "".join(f"{name}: {date}\n" for name, date in dates.items())
            + "Architectures: amd64\nComponents: main\nSHA256:\n "
            f"{hashlib.sha256(packages.encode()).hexdigest()} {len(packages.encode())} "
            "main/binary-amd64/Packages\n"
        )
        (folder / "InRelease").unlink(missing_ok=True)
        key.sign(folder / "Release", folder / "InRelease")
        self._sources.write_text(f"deb [signed-by={key.keyring}] file:{self.pool} ours main\n")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

"""What else is installed where the program runs."""

from pathlib import Path


def pretend_installed(packages: Path, name: str) -> None:
    """Put into a folder what pip writes there for a distribution of this name."""
    metadata = packages / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")

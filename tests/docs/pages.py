"""The pages that people read, taken apart: code blocks, words in backticks, links, headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """All but the code blocks and comments."""
        without_code = re.sub(r"^```.*?^```$", "", self.text, flags=re.DOTALL | re.MULTILINE)
        return re.sub(r"<!--.*?-->", "", without_code, flags=re.DOTALL)

    def blocks(self, language: str = "") -> list[str]:
        """The code blocks of one language."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self.text, flags=re.DOTALL | re.MULTILINE)

    @property
    def fences(self) -> list[tuple[str, str]]:
        """All code blocks in their order: language and text."""
        return re.findall(r"^```(\w*)\n(.*?)^```$", self.text, flags=re.DOTALL | re.MULTILINE)

    @property
    def words(self) -> list[str]:
        """What stands in backticks."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @property
    def commands(self) -> list[str]:
        """Lines of code blocks that call the program, without pipes, redirections and comments."""
        lines = "".join(text for _, text in self.fences).splitlines()
        called = (re.match(r"(?:\$ )?qontract-skupper (.*)", line) for line in lines)
        return [re.split(r" [|#] | 2?> ", match[1])[0].strip() for match in called if match]

    @property
    def links(self) -> list[str]:
        """Targets of links that lead to files of the repository or to headings."""
        found = re.findall(r"\]\(([^)\s]+)\)", self.prose)
        return [target for target in found if "://" not in target]

    @property
    def linked_files(self) -> set[Path]:
        """The files of the repository that the page links to."""
        return {(self.path.parent / link.partition("#")[0]).resolve() for link in self.links}

    @property
    def anchors(self) -> set[str]:
        """What a link to a heading is called, by GitHub's rule."""
        headings = re.findall(r"^#+ (.+)$", self.prose, flags=re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the table rows under a heading, head rows left out."""
        _, _, below = self.prose.partition(f" {heading}\n")
        section = re.split(r"^#+ ", below, maxsplit=1, flags=re.MULTILINE)[0]
        lines = [line for line in section.splitlines() if line.startswith("| ")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        return [row for row in cells if not set(row[0]) <= {"-"}]


README = Page(ROOT / "README.md")
CONTRIBUTING = Page(ROOT / "CONTRIBUTING.md")
MANUAL = [Page(file) for file in sorted((ROOT / "docs").glob("*.md"))]
CHECKS = [Page(file) for file in sorted((ROOT / "docs" / "checks").glob("*.md"))]
"""One page for each check of ``diagnose``, and their index."""
INDEX = Page(ROOT / "docs" / "README.md")
COMMANDS = Page(ROOT / "docs" / "commands.md")
CONFIGURATION = Page(ROOT / "docs" / "configuration.md")
DEMO = Page(ROOT / "docs" / "demo.md")
NETWORKS = Page(ROOT / "docs" / "networks.md")
SANDBOX = Page(ROOT / "docs" / "sandbox.md")
PROMISES = Page(ROOT / "docs" / "promises.md")
EVENTS = Page(ROOT / "docs" / "events.md")
PAGES = [
    README,
    CONTRIBUTING,
    Page(ROOT / "CHANGELOG.md"),
    *MANUAL,
    *CHECKS,
    Page(ROOT / "deploy" / "rbac" / "README.md"),
    Page(ROOT / "schemas" / "README.md"),
    Page(ROOT / "fixtures" / "invalid" / "README.md"),
]

"""Pages of the site that stand outside docs/: the READMEs of cards and examples, with links in both directions."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "readme.md",
    "models/README.md": "models.md",
    "experiments/README.md": "experiments.md",
    "experiments/beams/README.md": "experiments_beams.md",
    "examples/README.md": "examples.md",
}
"""File in the repository, and its page."""
_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    back = {name: source for source, name in PAGES.items()}
    here = back.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def turned(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), match.group(2)))
        uri = PAGES.get(target) or PAGES.get(f"{target}/README.md")
        if uri is None and target.startswith("docs/"):
            uri = target.removeprefix("docs/")
        if uri is None and target.endswith(".ipynb") and here != "examples/README.md":
            # the site has no notebooks, but a page that lists them
            uri = PAGES["examples/README.md"]
        if uri is None or files.get_file_from_path(uri) is None:
            return match.group(0)
        return f"{match.group(1)}{posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or '.')}{match.group(3)}"

    return _LINK.sub(turned, markdown)

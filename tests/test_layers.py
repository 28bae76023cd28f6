"""Imports point down: docs/architecture.md, 'Layers'."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nusim"

BASE = {"errors", "units", "constants", "pdg", "digits"}
MAY_IMPORT = {
    **dict.fromkeys(BASE, BASE),
    "kernels": {"errors"},
    "model": BASE | {"kernels"},
    "decays": BASE | {"kernels", "model"},
    "production": BASE | {"kernels", "model", "decays"},
    "beams": BASE | {"kernels"},
    "experiment": BASE | {"kernels", "model", "decays", "production", "beams"},
    "cards": BASE | {"kernels", "model", "decays", "production", "beams", "experiment"},
    "rates": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards"},
    "events": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards"},
    "bounds": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards", "rates"},
    "io": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards", "rates", "events"},
    "explorations": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards", "rates", "bounds", "io"},
    "plot": BASE | {"kernels", "model", "decays", "production", "beams", "experiment", "cards", "rates", "events", "bounds"},
    "reports": BASE
    | {"kernels", "model", "decays", "production", "beams", "experiment", "cards", "rates", "events", "bounds", "io", "plot"},
    "cli": BASE
    | {
        "kernels",
        "model",
        "decays",
        "production",
        "beams",
        "experiment",
        "cards",
        "rates",
        "events",
        "bounds",
        "io",
        "plot",
        "reports",
        "explorations",
    },
}
"""What each layer may import besides itself."""

HEAVY = {"scipy", "matplotlib", "pylhe", "particle", "vegas", "tqdm", "pythia8mc", "isal", "HNLimits"}
HEAVY |= {"pyarrow", "uproot", "awkward", "pyhepmc", "plotly", "jinja2", "shtab", "distributed"}
"""Packages that are imported only where they are used."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in BASE)


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> Iterator[tuple[int, str]]:
    """Line and layer of every import of nusim within a file, wherever it stands."""
    package = ["nusim", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "nusim" and len(parts) > 1:
                yield node.lineno, parts[1]


def test_every_folder_has_its_place() -> None:
    assert {layer_of(path) for path in modules()} <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    layer = layer_of(path)
    wrong = [f"line {line}: {layer} imports {other}" for line, other in imported_layers(path) if other not in MAY_IMPORT[layer] | {layer}]
    assert not wrong


def outside_packages(path: Path) -> set[str]:
    """Packages from outside that a file imports at its top."""
    top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    assert not outside_packages(path) & HEAVY


def test_only_cards_know_pydantic() -> None:
    assert {layer_of(path) for path in modules() if "pydantic" in outside_packages(path)} == {"cards"}

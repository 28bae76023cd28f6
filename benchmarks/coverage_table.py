"""The table of docs/testing.md: lines and branches that the tests reach, by layer, and the files below a share of them.

coverage run -m pytest && coverage combine && coverage json && python benchmarks/coverage_table.py coverage.json
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

LEAST = 85.0
"""Per cent; files below are listed."""


def main(path: str) -> None:
    """Print the table and the list."""
    layers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    low = []
    for name, entry in json.loads(Path(path).read_text())["files"].items():
        parts = Path(name).parts[Path(name).parts.index("nusim") + 1 :]
        layer = f"{parts[0]}/" if len(parts) > 1 else "top"
        found = entry["summary"]
        there = found["num_statements"] + found.get("num_branches", 0)
        reached = found["covered_lines"] + found.get("covered_branches", 0)
        layers[layer][0] += there
        layers[layer][1] += reached
        if there and 100 * reached / there < LEAST:
            low.append((100 * reached / there, "/".join(parts), entry["missing_lines"]))
    print("| layer | lines and branches | reached |\n|---|---|---|")
    for layer, (there, reached) in sorted(layers.items()):
        print(f"| `{layer}` | {there} | {100 * reached / there:.1f}% |")
    there, reached = (sum(column) for column in zip(*layers.values(), strict=True))
    print(f"| all | {there} | {100 * reached / there:.1f}% |")
    for share, name, lines in sorted(low):
        print(f"{share:.0f}% {name}: {lines}")


if __name__ == "__main__":
    main(sys.argv[1])

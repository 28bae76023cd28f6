"""All benchmarks one after the other, each in a process of its own, and what they took.

    python benchmarks [NAME...]

What they print stands under their names; ratios to another code or to the calibration kernel of the same run carry over to other machines,
absolute rates do not.
"""

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_ALL = {"coverage_table"}
"""Measures of something else than speed."""


def main() -> int:
    known = [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem not in {"__main__", *NOT_ALL}]
    wanted = sys.argv[1:] or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"benchmarks: unknown {unknown[0]!r}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    rows = []
    for name in wanted:
        purpose = (FOLDER / f"{name}.py").read_text(encoding="utf-8").split('"""')[1].split("\n\n")[0].replace("\n", " ")
        print(f"\n{name}: {purpose}", flush=True)
        begin = time.perf_counter()
        # line by line as it comes: some take minutes
        code = subprocess.run([sys.executable, str(FOLDER / f"{name}.py")], check=False).returncode
        rows.append((name, time.perf_counter() - begin, code))
    print(f"\n{'benchmark':20} {'seconds':>8}")
    for name, seconds, code in rows:
        print(f"{name:20} {seconds:8.1f}" + (f"  failed with code {code}" if code else ""))
    return int(any(code for _, _, code in rows))


if __name__ == "__main__":
    sys.exit(main())

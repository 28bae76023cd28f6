"""All benchmarks one after the other, each in a process of its own; what they took, and a table of comparisons with other codes.

    python benchmarks [NAME...]

What they print stands under their names; ratios to another code or to the calibration kernel of the same run carry over to other machines,
absolute rates do not.
"""

import subprocess
import sys
import time
from pathlib import Path

from comparison import table_of

FOLDER = Path(__file__).parent
NOT_ALL = {"comparison", "coverage_table"}
"""What they share, and measures of something else than speed."""


def main() -> int:
    known = [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem not in {"__main__", *NOT_ALL}]
    wanted = sys.argv[1:] or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"benchmarks: unknown {unknown[0]!r}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    rows, said = [], list[str]()
    for name in wanted:
        purpose = (FOLDER / f"{name}.py").read_text(encoding="utf-8").split('"""')[1].split("\n\n")[0].replace("\n", " ")
        print(f"\n{name}: {purpose}", flush=True)
        begin = time.perf_counter()
        # line by line as it comes: some take minutes
        with subprocess.Popen([sys.executable, "-u", str(FOLDER / f"{name}.py")], stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            for line in run.stdout:
                print(line, end="", flush=True)
                said.append(line.rstrip("\n"))
        rows.append((name, time.perf_counter() - begin, run.returncode))
    print(f"\n{'benchmark':20} {'seconds':>8}")
    for name, seconds, code in rows:
        print(f"{name:20} {seconds:8.1f}" + (f"  failed with code {code}" if code else ""))
    compared = table_of(said)
    if compared:
        print("", *compared, sep="\n")
    return int(any(code for _, _, code in rows))


if __name__ == "__main__":
    sys.exit(main())

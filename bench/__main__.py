"""`python -m bench [NAME ...]`: every module of this folder with a `measure`, or those named."""

import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench.measure import Measure

HERE = Path(__file__).parent


def names() -> list[str]:
    plain = {"measure", "processor", "__main__", "__init__"}
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in plain)


def run(wanted: list[str]) -> Iterator[Measure]:
    for name in wanted:
        for line in importlib.import_module(f"bench.{name}").measure():
            print(line, flush=True)
            yield line


def commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def main() -> int:
    wanted = sys.argv[1:] or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    lines = [asdict(line) | {"ratio": line.ratio} for line in run(wanted)]
    about = {"commit": commit(), "python": platform.python_version(), "cores": os.cpu_count()}
    (HERE / "results.json").write_text(json.dumps(about | {"measures": lines}, indent=1) + "\n")
    return 0


sys.exit(main())

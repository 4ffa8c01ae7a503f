"""What `import tinylm` adds to `import numpy`: milliseconds, fresh processes that take turns, medians."""

from __future__ import annotations

import subprocess
import sys

from common import environment, median, options, report

TIMED = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def seconds(module: str) -> float:
    """The time of one import, without the start of Python."""
    command = [sys.executable, "-X", "utf8", "-c", TIMED.format(module)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, env=environment(threads=2))
    return float(done.stdout)


def main() -> None:
    given = options(__doc__, count=41)
    times: dict[str, list[float]] = {"numpy": [], "tinylm": []}
    for module in times:
        seconds(module)  # compiles, and warms the disk cache
    for turn in range(given.rounds):
        for module in sorted(times, reverse=bool(turn % 2)):
            times[module].append(seconds(module))
    numpy, tinylm = (median(values) * 1e3 for values in times.values())
    added = median([b - a for a, b in zip(*times.values(), strict=True)]) * 1e3
    figures = {"numpy": numpy, "tinylm": tinylm, "added": added, "rounds": given.rounds}
    report("Time of the import", ["import (ms)", "numpy", "tinylm", "added"], [["median", numpy, tinylm, added]],
           figures, given.json)


if __name__ == "__main__":
    main()

"""Reading a failure's text: throughput on transcripts, and texts that try to be slow."""

from redaction import build, measure, median
from world import at_least, at_most


def rows(world):
    program = build("telltale_classify_bench")
    repeat = [] if world.quick else ["--benchmark_repetitions=3"]
    found = median(measure(program, "^transcripts$", *repeat))
    yield at_least("transcripts of 4 KiB, with telling line and cause", found["bytes_per_second"] / 1e6, 150, "MB/s", 0.05)
    shapes = {}
    for one in measure(program, "^hostile/"):
        name, size = one["name"].split("/iterations")[0].rsplit("/", 1)
        shapes.setdefault(name, {})[int(size)] = one["median_ms"]
    small, large = 1 << 20, 2 << 20
    worst = max(shapes, key=lambda name: shapes[name][small])
    yield at_most(f"the worst of {len(shapes)} texts of 1 MiB", shapes[worst][small], 100, "ms", 0.05, worst)
    grown = max(shapes, key=lambda name: shapes[name][large] / max(shapes[name][small], 1))
    yield at_most("2 MiB / 1 MiB, the worst of them", shapes[grown][large] / max(shapes[grown][small], 1), 2.3, "x", 0.05, grown)

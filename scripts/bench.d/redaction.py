"""Redaction: throughput, the slowest of ordinary texts, and texts that try to be slow."""

import json
import pathlib
import subprocess

from world import at_least, at_most

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"


def build(target="telltale_redaction_bench"):
    """The benchmark program of that name, built with the release."""
    subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-DTELLTALE_BENCH=ON"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["cmake", "--build", BUILD, "--target", target],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f"bench: {done.stdout.decode()[-2000:]}")
    return BUILD / "tests" / "bench" / target


def measure(program, wanted, *more):
    """What Google Benchmark says of the benchmarks whose names match."""
    done = subprocess.run([program, f"--benchmark_filter={wanted}", "--benchmark_format=json", *more],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout or b'{"benchmarks": []}')["benchmarks"]


def median(found):
    """Of repetitions: the aggregate that Google Benchmark makes, or the one there is."""
    return next((one for one in found if one.get("aggregate_name") == "median"), found[0] if found else None)


def rows(world):
    program = build()
    repeat = [] if world.quick else ["--benchmark_repetitions=3"]
    fastest = "portable"
    for scanner, target in (("portable", 120), ("hyperscan", 200)):
        found = median(measure(program, f"^realistic/{scanner}$", *repeat))
        if found is None:
            continue  # not built in
        fastest = scanner
        yield at_least(f"64 MB as runners send them, {scanner}", found["bytes_per_second"] / 1e6, target, "MB/s", 0.05)
    slowest = median(measure(program, f"^one_text/{fastest}$", *repeat))
    yield at_most("a text of 64 KiB, p99", slowest["p99_ms"], 1, "ms", 0.05)
    shapes = {}
    for one in measure(program, f"^(hostile|in_chat)/{fastest}/"):
        name, size = one["name"].split("/iterations")[0].rsplit("/", 1)
        shapes.setdefault(name, {})[int(size)] = one["median_ms"]
    small, large = 1 << 20, 2 << 20
    worst = max(shapes, key=lambda name: shapes[name][small])
    yield at_most(f"the worst of {len(shapes)} texts of 1 MiB", shapes[worst][small], 25, "ms", 0.05, worst)
    grown = max(shapes, key=lambda name: shapes[name][large] / max(shapes[name][small], 1))
    yield at_most("2 MiB / 1 MiB, the worst of them", shapes[grown][large] / max(shapes[grown][small], 1), 2.3, "x", 0.05, grown)

"""Runs topics and prints their rows. See world.py for what a topic is."""

import importlib
import pathlib
import sys

from world import World

here = pathlib.Path(__file__).resolve().parent
THE_BENCH_ITSELF = ("bench", "world")


def topics():
    return sorted(p.stem for p in here.glob("*.py") if p.stem not in THE_BENCH_ITSELF)


def show(row):
    word = "ok  " if row.ok else "MISS"
    value = f"{row.value:.2f}" if row.value < 100 else f"{row.value:.0f}"
    print(f"  {word} {row.name:<58} {value + ' ' + row.unit:>18}  target {row.target:<9} {row.note}".rstrip(), flush=True)


def main(program, *words):
    wanted = [w for w in words if not w.startswith("--")]
    unknown = [w for w in wanted if w not in topics()]
    if unknown:
        print(f"no such topic: {', '.join(unknown)}; there are {', '.join(topics())}", file=sys.stderr)
        return 64
    modules = {name: importlib.import_module(name) for name in topics()}
    if "--list" in words:
        for name, module in modules.items():
            print(f"{name:<12} {(module.__doc__ or '').strip().splitlines()[0]}")
        return 0
    world = World(program, quick="--quick" in words)
    seen = []
    for name in wanted or modules:
        print(f"{name}: {(modules[name].__doc__ or '').strip().splitlines()[0]}", flush=True)
        for row in modules[name].rows(world):
            seen.append(row)
            show(row)
    missed = [row for row in seen if not row.ok]
    print(f"{len(seen) - len(missed)} targets met, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

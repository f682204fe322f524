"""What the compiler and the linker were to make of the program, read from the program."""

import subprocess
import sys

program, passed = sys.argv[1], 0


def read(*options):
    return subprocess.run(["readelf", "-W", *options, program], check=True, stdout=subprocess.PIPE, text=True).stdout


def check(name, claim):
    global passed
    assert claim, name
    passed += 1


header, segments, dynamic = read("-h"), read("-l"), read("-d")
check("it is loaded at an address that nobody knows before", "DYN" in header.split("Type:")[1].split("\n")[0])
check("all functions are bound at the start", "BIND_NOW" in dynamic or "NOW" in dynamic.split("FLAGS_1")[-1])
check("what was bound cannot be written", "GNU_RELRO" in segments)
stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
check("the stack cannot be executed", "RWE" not in stack and " E " not in stack)
symbols = read("--dyn-syms")
if "_chk@" in symbols.replace("__stack_chk_fail@", ""):  # a release: see cmake/hardening.cmake
    check("frames are guarded", "__stack_chk_fail" in symbols)
print(f"{passed} passed, 0 failed")

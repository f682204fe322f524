"""Runs a module that drives Chromium, with the packages that tests/e2e pins."""

import os
import pathlib
import shutil
import subprocess

from .service import Failed

root = pathlib.Path(__file__).resolve().parents[2]


def chromium():
    """The browser: Debian's, or the one that TELLTALE_CHROMIUM names."""
    found = os.environ.get("TELLTALE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise Failed("Chromium is missing: scripts/setup installs it on Debian; elsewhere name one in TELLTALE_CHROMIUM")
    return found


def install(folder):
    """Makes `folder` one whose modules find the pinned packages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / "tests/e2e" / name, folder / name)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True, timeout=300)


def run(module, folder, timeout, **environment):
    """Runs a module; its output and exit code."""
    install(folder)
    shutil.copy(module, folder / module.name)
    return subprocess.run(["node", str(folder / module.name)], cwd=folder, timeout=timeout, stdout=subprocess.PIPE,
                          env=dict(os.environ, TELLTALE_CHROMIUM=chromium(), **environment))

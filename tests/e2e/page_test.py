"""The page in headless Chromium, over a service with runs of every kind."""

import os
import pathlib
import shutil
import subprocess
import sys

from scenario.service import OPERATOR_TOKEN, RUNNER_TOKEN, Service

here = pathlib.Path(__file__).resolve().parent
binary_dir = pathlib.Path(os.environ["TELLTALE_BINARY_DIR"])
chromium = os.environ.get("TELLTALE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
assert chromium, "Chromium is missing: scripts/setup installs it on Debian; elsewhere name one in TELLTALE_CHROMIUM"

modules = binary_dir / "page-test"
modules.mkdir(exist_ok=True)
for name in ("package.json", "package-lock.json", "page.mjs"):
    shutil.copy(here / name, modules / name)
subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=modules, check=True, timeout=300)

service = Service(pathlib.Path(sys.argv[1]).resolve(), lease="60s", silence="60s")
try:
    service.start_sink()
    service.start()
    done = subprocess.run(
        ["node", str(modules / "page.mjs")], timeout=400, cwd=modules,
        env=dict(os.environ, TELLTALE_URL=service.url, TELLTALE_CHROMIUM=chromium,
                 TELLTALE_OPERATOR_TOKEN=OPERATOR_TOKEN, TELLTALE_RUNNER_TOKEN=RUNNER_TOKEN,
                 TELLTALE_SCREENSHOTS=str(binary_dir / "screenshots")))
    assert done.returncode == 0, "the page's checks failed"
    assert service.stop("serve") == 0
finally:
    service.close()

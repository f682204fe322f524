"""Runs checks of the page in headless Chromium, over a service with runs of every kind."""

import http.server
import os
import pathlib
import shutil
import signal
import subprocess
import threading

from scenario import browser
from scenario.service import OPERATOR_TOKEN, READER_TOKEN, RUNNER_TOKEN, Service

here = pathlib.Path(__file__).resolve().parent
PATIENCE = 1100  # seconds; a machine that does other things too


def control(service):
    """Stops and starts the service for the checks of a service that is away."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            if self.path == "/stop":
                service.stop("serve", signal.SIGKILL)
            elif self.path == "/start":
                service.start()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def check(program, *parts):
    """Runs the checks of `parts`, files of tests/e2e/page; fails if one of them does."""
    binary_dir = pathlib.Path(os.environ["TELLTALE_BINARY_DIR"])
    modules = binary_dir / f"page-test-{parts[0]}"
    for folder, source in (("page", here / "page"), ("web", here.parents[1] / "web")):
        shutil.rmtree(modules / folder, ignore_errors=True)
        shutil.copytree(source, modules / folder, dirs_exist_ok=True)
    browser.install(modules)
    service = Service(pathlib.Path(program).resolve(), lease="60s", silence="5s")
    server = control(service)
    try:
        service.start_sink()
        service.start()
        done = subprocess.run(
            ["node", str(modules / "page" / "main.mjs"), *parts], timeout=PATIENCE, cwd=modules,
            env=dict(os.environ, TELLTALE_URL=service.url, TELLTALE_SINK_URL=service.sink_url, TELLTALE_CHROMIUM=browser.chromium(),
                     TELLTALE_CONTROL_URL="http://127.0.0.1:%d" % server.server_port,
                     TELLTALE_OPERATOR_TOKEN=OPERATOR_TOKEN, TELLTALE_READER_TOKEN=READER_TOKEN, TELLTALE_RUNNER_TOKEN=RUNNER_TOKEN,
                     TELLTALE_SCREENSHOTS=str(binary_dir / "artefacts" / "page")))
        assert done.returncode == 0, "the page's checks failed"
        assert service.stop("serve") == 0
    finally:
        server.shutdown()
        service.close()

// Checks the page in headless Chromium against a running service.
//
//   TELLTALE_URL             the service
//   TELLTALE_SINK_URL        the local chat that it sends to
//   TELLTALE_OPERATOR_TOKEN, TELLTALE_READER_TOKEN, TELLTALE_RUNNER_TOKEN
//   TELLTALE_CONTROL_URL     stops and starts the service: POST /stop, /start
//   TELLTALE_CHROMIUM        the browser (/usr/bin/chromium)
//   TELLTALE_SCREENSHOTS     where pictures go (build/artefacts/page)
//   TELLTALE_ONLY            a pattern of the names of the checks to run

import { seed } from './seed.mjs';
import './lists.mjs';
import './work.mjs';
import './keys.mjs';
import './run.mjs';
import './views.mjs';
import './looks.mjs';
import './access.mjs';
import { runChecks } from './world.mjs';

const runs = await seed();
process.exit(await runChecks(runs) ? 0 : 1);

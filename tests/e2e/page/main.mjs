// Checks the page in headless Chromium against a running service: all of it, or
// the parts that are named.
//
//   TELLTALE_URL             the service
//   TELLTALE_SINK_URL        the local chat that it sends to
//   TELLTALE_OPERATOR_TOKEN, TELLTALE_READER_TOKEN, TELLTALE_RUNNER_TOKEN
//   TELLTALE_CONTROL_URL     stops and starts the service: POST /stop, /start
//   TELLTALE_CHROMIUM        the browser (/usr/bin/chromium)
//   TELLTALE_SCREENSHOTS     where pictures go (build/artefacts/page)
//   TELLTALE_ONLY            a pattern of the names of the checks to run

import { seed } from './seed.mjs';
import { runChecks } from './world.mjs';

const parts = process.argv.slice(2);
for (const part of parts.length > 0 ? parts : ['lists', 'work', 'keys', 'run', 'views', 'looks', 'access']) await import(`./${part}.mjs`);
const runs = await seed();
process.exit(await runChecks(runs) ? 0 : 1);

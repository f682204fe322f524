// Runs of every kind, made as runners and operators make them.

import { call, claim, create, eventually, finished, heartbeat, recover, report, sinkUrl, started } from './world.mjs';

export const mark = `page${Date.now().toString(36)}`;
export const hostile = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>"\'&lt;b&gt;';
export const turned = `before \u202eevil\u202c after 👩‍👩‍👧‍👦🏳️‍🌈 ${'ק'.repeat(3)}`;

async function bindChats() {
  for (const [session, chat] of [['page-team', 'team-room'], ['page-deaf', 'deaf-room']])
    await call('PUT', `/chat-sessions/${session}`, { relay: 'team-octo', chat_id: chat, channel_type: 2, locale: 'en' });
  // This chat does not want the bot: what goes there is never delivered.
  await call('POST', '/faults', { next: 1000000, status: 403, chat: 'deaf-room' }, '', sinkUrl);
}

async function twice() {
  const made = await started({ title: `Twice ${mark}`, max_attempts: 2 }, 'page-1');
  await report(made, { status: 'failed', failure_reason: 'runtime_recovery', detail: 'first words' });
  await report(made, { status: 'running', runner_id: 'page-2' });
  await report(made, { status: 'failed', failure_reason: 'agent_error.process_failure', detail: 'second words' });
  return made;
}

async function again() {
  const made = await started({ title: `Again ${mark}`, max_attempts: 3 }, 'page-1');
  await report(made, { status: 'failed', failure_reason: 'agent_error.provider_network', detail: 'stream cut' });
  await report(made, { status: 'running', runner_id: 'page-2' });
  await report(made, { status: 'succeeded', posted: 1 });
  return made;
}

/** A sweep finds its runner restarted; then the runner says that it did finish. */
async function late() {
  const made = await started({ title: `Late ${mark}`, chat_session_id: 'page-team' }, 'page-late');
  await recover('page-late');
  await eventually('the sweep', async () => (await call('GET', `/tasks/${made.id}`)).status === 'failed');
  await eventually('the failure to be told', async () => (await call('GET', `/tasks/${made.id}`)).deliveries.some((one) => one.state === 'sent'));
  await report(made, { status: 'succeeded', posted: 1 });
  return made;
}

export async function seed() {
  await bindChats();
  await claim('page-1');
  const runs = {
    delivered: await finished({ title: `Delivered ${mark}` }, { status: 'succeeded', posted: 2, result_url: 'https://example.com/r/1' }),
    clean: await finished({ title: `Clean ${mark}` }, { status: 'succeeded', posted: 0, intended_empty: true }),
    silent: await finished({ title: `Silent ${mark}` }, { status: 'succeeded', posted: 0, detail: 'second line\nno inline position for the finding' }),
    unverified: await finished({ title: `Unverified ${mark}` }, { status: 'succeeded' }),
    failed: await finished({ title: `Failed ${mark}`, chat_session_id: 'page-team' }, { status: 'failed', detail: 'dial tcp 203.0.113.7:443: connection refused\nexit status 1' }),
    build: await finished({ title: `Built ${mark}`, kind: 'build' }, { status: 'failed', detail: 'parser.cpp: In function main:\nparser.cpp:2: error: expected a semicolon\nexit status 2' }),
    wordless: await finished({ title: `Wordless ${mark}` }, { status: 'failed', failure_reason: 'agent_error.provider_quota_limit' }),
    undelivered: await finished({ title: `Undelivered ${mark}`, chat_session_id: 'page-deaf' }, { status: 'failed', detail: 'nobody hears this' }),
    hostile: await finished({ title: `Hostile ${mark} ${hostile}` }, { status: 'failed', detail: `${hostile}\n</pre><h1>taken over</h1>`, result_url: 'javascript:window.harmed=1' }),
    turned: await finished({ title: `Turned ${mark} ${turned}` }, { status: 'failed', detail: turned }),
    huge: await finished({ title: `Huge ${mark}` }, { status: 'failed', detail: `first of many\n${'x'.repeat(64)} ${'word '.repeat(14000)}\n${'unbroken'.repeat(2000)}` }),
    timedOut: await finished({ title: `Slow ${mark}` }, { status: 'timed_out', detail: 'still waiting' }),
    cancelled: await create({ title: `Cancelled ${mark}` }),
    running: await started({ title: `Running ${mark}` }, 'page-alive'),
    again: await again(),
    twice: await twice(),
    late: await late(),
  };
  await call('POST', `/tasks/${runs.cancelled.id}/cancel`, {});
  const retrying = await started({ title: `Retrying ${mark}`, max_attempts: 3 });
  await report(retrying, { status: 'failed', failure_reason: 'agent_error.provider_capacity_or_rate_limit', detail: '429 overloaded' });
  runs.retrying = retrying;
  // One runner goes on living; another has said its last.
  const beat = () => heartbeat('page-alive', [{ task_id: runs.running.id, attempt: 1 }]).catch(() => {});
  await beat();
  setInterval(beat, 1000).unref();
  await heartbeat('page-gone');
  await eventually('a message that is not delivered', async () => (await call('GET', '/deliveries?state=dead')).deliveries.length > 0);
  return runs;
}

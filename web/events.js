// The live stream, and what comes of it: one look at the service for many events.

const TYPES = ['task:created', 'task:started', 'task:succeeded', 'task:failed', 'task:cancelled',
  'task:amended', 'task:recovered', 'delivery:sent', 'delivery:dead'];

const HIDDEN_FOR = 30000; // then the connection goes to those who look
const LOOK_EVERY = 5000;
const ASLEEP_AFTER = 20000;

/**
 * Calls `onChange(task_id)` for every event, and `onState('live' | 'waiting')`
 * when the stream comes and goes. After a gap (a cut, a machine that slept, a tab
 * that was hidden) the stream is opened anew and `onChange(null)` says: read
 * everything again. The browser itself resumes a short cut where it was. Returns
 * `{start, stop}`.
 */
export function watch(onChange, onState) {
  let source = null;
  let timer = 0;
  let looked = Date.now();
  let hidden = 0;
  let wanted = false;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    source = new EventSource('/events');
    source.addEventListener('open', () => {
      onState('live');
      // Now that nothing is missed any more: what was missed until here.
      onChange(null);
    });
    source.addEventListener('error', () => {
      onState('waiting');
      // Refused, not cut: the browser gives up for good, we do not.
      if (source?.readyState === EventSource.CLOSED) {
        clearTimeout(timer);
        timer = setTimeout(open, 3000);
      }
    });
    for (const type of TYPES)
      source.addEventListener(type, (event) => {
        try {
          onChange(JSON.parse(event.data).task_id ?? null);
        } catch {
          onChange(null);
        }
      });
  };

  // Timers stand still while a machine sleeps; its connections may be dead then
  // without anybody having said so.
  setInterval(() => {
    const now = Date.now();
    if (now - looked > ASLEEP_AFTER && source) open();
    looked = now;
  }, LOOK_EVERY);
  addEventListener('online', () => { if (source) open(); });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(close, HIDDEN_FOR);
    else if (wanted && !source) open();
  });
  // A page in the back-forward cache must not hold its connection.
  addEventListener('pagehide', close);
  addEventListener('pageshow', (event) => { if (event.persisted && wanted) open(); });
  return {
    start() { wanted = true; open(); },
    stop() { wanted = false; close(); },
  };
}

/** `work` soon, and once for many calls; never twice at a time. */
export function gathered(work, wait = 250) {
  let timer = 0;
  let running = false;
  let again = false;
  const run = async () => {
    timer = 0;
    if (running) { again = true; return; }
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (again) { again = false; schedule(); }
    }
  };
  const schedule = () => { if (!timer) timer = setTimeout(run, wait); };
  return schedule;
}

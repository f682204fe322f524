// The live stream. The browser itself reconnects with the last id that it saw.

const TYPES = ['task:created', 'task:started', 'task:succeeded', 'task:failed', 'task:cancelled',
  'task:recovered', 'delivery:sent', 'delivery:dead'];

/**
 * Calls `onChange(task_id)` for every event, and `onState('live' | 'waiting')`
 * when the stream comes and goes. After a gap that the stream cannot fill,
 * `onChange(null)`: read everything again.
 */
export function watch(onChange, onState) {
  let source = null;
  let timer = 0;
  const open = () => {
    source = new EventSource('/events');
    let isFirst = true;
    source.addEventListener('open', () => {
      onState('live');
      if (!isFirst) onChange(null);
      isFirst = false;
    });
    source.addEventListener('error', () => {
      onState('waiting');
      // Refused, not cut: the browser gives up for good, we do not.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(timer);
        timer = setTimeout(() => { open(); onChange(null); }, 5000);
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
  open();
  // A page in the back-forward cache must not hold its connection.
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => { if (event.persisted) { open(); onChange(null); } });
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

// Calls to the service. The token travels in an HttpOnly cookie that this code
// never sees.

const PATIENCE = 20000;

export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail || code || `HTTP ${status}`);
    this.status = status; // 0: nothing answered
    this.code = code;
  }

  /** The service is away or not ready: it will be back. */
  get isAway() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

async function call(method, path, body) {
  const options = {
    method, headers: { Accept: 'application/json' }, credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE),
  };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  let response;
  let text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch (error) {
    throw new ApiError(0, 'unreachable', error.message);
  }
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // An answer that is no JSON has its status alone.
  }
  if (!response.ok) throw new ApiError(response.status, data?.code, data?.detail);
  return data;
}

/** `?a=b`, without what is empty. */
export function query(parameters) {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== null && value !== undefined && value !== '') out.set(name, value);
  const text = out.toString();
  return text ? `?${text}` : '';
}

const id = encodeURIComponent;

export const api = {
  session: () => call('GET', '/session'),
  signIn: (token) => call('POST', '/session', { token }),
  signOut: () => call('DELETE', '/session'),
  ready: () => call('GET', '/readyz'),
  tasks: (filters) => call('GET', `/tasks${query(filters)}`),
  task: (task) => call('GET', `/tasks/${id(task)}`),
  retry: (task) => call('POST', `/tasks/${id(task)}/retry`, {}),
  cancel: (task) => call('POST', `/tasks/${id(task)}/cancel`, {}),
  stats: (filters) => call('GET', `/stats${query(filters)}`),
  causes: (filters) => call('GET', `/causes${query(filters)}`),
  runners: (filters) => call('GET', `/runners${query(filters)}`),
  deliveries: (filters) => call('GET', `/deliveries${query(filters)}`),
  redeliver: (delivery) => call('POST', `/deliveries/${id(delivery)}/redeliver`, {}),
  redeliverAll: (relay) => call('POST', '/deliveries/redeliver', relay ? { relay } : {}),
  mutes: () => call('GET', '/mutes'),
  mute: (what) => call('PUT', '/mutes', what),
  unmute: (relay, chat_id) => call('DELETE', `/mutes${query({ relay, chat_id })}`),
};

/**
 * For a part of the page that asks again and again: of questions that overtake
 * one another only the one asked last has its answer, the others have null.
 */
export function latest() {
  let asked = 0;
  return async (question) => {
    const mine = ++asked;
    const answer = await question;
    return mine === asked ? answer : null;
  };
}

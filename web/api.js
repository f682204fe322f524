// Calls to the service. The token travels in an HttpOnly cookie that this code
// never sees.

export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail || code || `HTTP ${status}`);
    this.status = status; // 0: nothing answered
    this.code = code;
  }
}

async function call(method, path, body) {
  const options = { method, headers: { Accept: 'application/json' }, credentials: 'same-origin' };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw new ApiError(0, 'unreachable', error.message);
  }
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // An answer that is no JSON has its status alone.
  }
  if (!response.ok) throw new ApiError(response.status, data?.code, data?.detail);
  return data;
}

function query(parameters) {
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
  tasks: (filters) => call('GET', `/tasks${query(filters)}`),
  task: (task) => call('GET', `/tasks/${id(task)}`),
  retry: (task) => call('POST', `/tasks/${id(task)}/retry`, {}),
  cancel: (task) => call('POST', `/tasks/${id(task)}/cancel`, {}),
  deliveries: (filters) => call('GET', `/deliveries${query(filters)}`),
  redeliver: (delivery) => call('POST', `/deliveries/${id(delivery)}/redeliver`, {}),
  reasons: () => call('GET', '/failure-reasons'),
};

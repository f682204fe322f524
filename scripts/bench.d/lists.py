"""Lists, search and counts with a million tasks, through HTTP."""

import http.client
import json
import statistics
import time
import urllib.parse

from world import at_most

# Sixty days of tasks: mostly successes, 15 % failures, a long tail of reasons,
# runners and kinds; each text is a little different.
HISTORY = """
INSERT INTO tasks (id, version, status, outcome, settled_by, attempt, max_attempts, failure_reason, error_detail, telling_line, cause, posted, kind, title,
                   runner_id, chat_session_id, created_at, started_at, completed_at)
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 3, status,
       CASE WHEN status = 'succeeded' THEN (ARRAY['delivered', 'delivered', 'delivered', 'silent_noop', 'clean', 'unverified'])[1 + n % 6]
            WHEN status = 'cancelled' THEN 'cancelled' ELSE 'failed' END, 'runner', 1, 1,
       CASE WHEN status = 'timed_out' THEN 'timeout'
            WHEN n % 100003 = 0 THEN 'agent_error.context_overflow'
            WHEN status = 'failed' THEN (ARRAY['agent_error.provider_network', 'agent_error.model_not_found', 'api_invalid_request',
              'iteration_limit', 'agent_error.unknown', 'runtime_offline'])[1 + floor(power(random(), 2) * 6)::int] END,
       CASE WHEN status IN ('failed', 'timed_out') THEN 'step ' || n % 40 || E' went wrong\\nthe provider at host-' || n % 5000
            || ' closed the connection after ' || floor(random() * 1000000)::int || ' ms, while it read request-' || md5(n::text) END,
       CASE WHEN status IN ('failed', 'timed_out') THEN 'the provider at host-' || n % 5000 || ' closed the connection' END,
       CASE WHEN status IN ('failed', 'timed_out') THEN substr(md5('cause ' || floor(power(n % 1009, 2) / 1009)), 1, 16) END,
       CASE WHEN status = 'succeeded' THEN (n % 6 < 3)::int END,
       CASE WHEN n % 20011 = 0 THEN 'audit'
            ELSE (ARRAY['review', 'review', 'review', 'build', 'build', 'triage', 'docs', 'deploy'])[1 + (n / 7) % 8] END,
       'Review change ' || n || ' of project-' || n % 211,
       'runner-' || floor(power(random(), 2) * 500)::int, CASE WHEN n % 3 > 0 THEN 'chat-' || (n * 7919::bigint) % 20000 END,
       at, at + interval '2 seconds', at + interval '2 seconds' + random() * interval '20 minutes'
FROM (SELECT n, now() - interval '1 hour' - ({count} - n) * (interval '60 days' / {count}) AS at,
             CASE WHEN n % 100003 = 0 THEN 'failed' WHEN chance < 0.11 THEN 'failed' WHEN chance < 0.15 THEN 'timed_out'
                  WHEN chance < 0.18 THEN 'cancelled' ELSE 'succeeded' END AS status
      FROM (SELECT n, random() AS chance FROM generate_series(1, {count}) n) dice) made;
"""

FILTERS = [
    {}, *({"status": s} for s in ("queued", "running", "succeeded", "failed", "timed_out", "cancelled")),
    *({"outcome": o} for o in ("delivered", "clean", "silent_noop", "unverified", "failed", "cancelled")),
    *({"failure_reason": r} for r in ("timeout", "runtime_offline", "agent_error.context_overflow", "nobodys_reason")),
    *({"cause": c} for c in ("{cause}", "ffffffffffffffff")),
    *({"kind": k} for k in ("review", "audit", "nobodys-kind")),
    *({"runner_id": r} for r in ("runner-0", "runner-499", "nobodys-runner")),
    *({"chat_session_id": c} for c in ("chat-77", "nobodys-chat")),
    {"since": "{ago:30}", "until": "{ago:29}"},
    {"status": "failed", "kind": "review", "runner_id": "runner-3"},
]


class Client:
    """One connection that stays, as a page's does."""

    def __init__(self, service):
        where = urllib.parse.urlparse(service.url)
        self.link = http.client.HTTPConnection(where.hostname, where.port, timeout=60)

    def get(self, path):
        """Milliseconds and the answer."""
        began = time.perf_counter()
        self.link.request("GET", path)
        answer = self.link.getresponse()
        text = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise SystemExit(f"GET {path} answered {answer.status}: {text[:300]!r}")
        return took, json.loads(text)


def p99(times):
    return sorted(times)[max(0, round(len(times) * 0.99) - 1)]


def filled(database, filters):
    """`{ago:30}` is the moment 30 days ago."""
    return {name: database.sql("SELECT to_char(now() - interval '" + value[5:-1] + " days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
            if value.startswith("{ago:")
            else database.sql("SELECT cause FROM tasks WHERE cause IS NOT NULL LIMIT 1") if value == "{cause}"
            else value for name, value in filters.items()}


def page_1000(client, filters):
    """The query of the 1000th page of 50, reached by bigger ones; or None."""
    cursor = None
    for _ in range(333):
        query = dict(filters, limit=150, **({"cursor": cursor} if cursor else {}))
        cursor = client.get("/tasks?" + urllib.parse.urlencode(query))[1]["next_cursor"]
        if cursor is None:
            return None
    return dict(filters, cursor=cursor)


def measure(world, client, query):
    path = "/tasks?" + urllib.parse.urlencode(query)
    client.get(path)
    return p99([client.get(path)[0] for _ in range(20 if world.quick else 100)])


def indexed(world, database):
    """Waits until the words of what is finished are indexed."""
    began = time.monotonic()
    left = "SELECT count(*) FROM tasks t, task_word_progress p WHERE t.completed_at > p.ended_at AND t.completed_at < now() - interval '1 minute'"
    while database.sql(left) != "0":
        if time.monotonic() - began > 1200:
            raise SystemExit("the words are not indexed in 20 minutes")
        time.sleep(5)
    weight = database.sql("SELECT pg_size_pretty(pg_table_size('task_words')) || ', its index ' || pg_size_pretty(pg_indexes_size('task_words'))")
    world.say(f"the words were indexed {time.monotonic() - began:.0f} s later: {weight}")


def rows(world):
    count = 100_000 if world.quick else 1_000_000
    with world.service() as it:
        it.database.sql(HISTORY.replace("{count}", str(count)))
        it.database.seed_running(10_000)
        it.database.seed_queued(10_000)
        client = Client(it.service)
        first, later = {}, {}
        for filters in FILTERS:
            name = " ".join(f"{k}={v}" for k, v in filters.items()) or "all"
            query = filled(it.database, filters)
            first[name] = measure(world, client, query)
            far = page_1000(client, query)
            if far:
                later[name] = measure(world, client, far)
        for label, found in (("first", first), ("1000th", later)):
            worst = max(found, key=found.get)
            yield at_most(f"GET /tasks, {label} page, p99 of the slowest of {len(found)} filters", found[worst], 20, "ms",
                          note=f"{worst}; median {statistics.median(found.values()):.1f} ms")
        indexed(world, it.database)
        client = Client(it.service)  # the other rested too long
        searches = {}
        for words in ("closed connection", "host-4711", f"change {count // 3}", "nobodyswords", "host-12 step 39", f"review {count // 3}"):
            searches[words] = measure(world, client, {"q": words})
        searches["host-4711, failed"] = measure(world, client, {"q": "host-4711", "status": "failed"})
        worst = max(searches, key=searches.get)
        yield at_most(f"GET /tasks?q=, p99 of the slowest of {len(searches)} searches", searches[worst], 100, "ms",
                      note="; ".join(f"{k}: {v:.0f}" for k, v in searches.items()))
        yield at_most("GET /causes?window=14d, median", statistics.median(client.get("/causes?window=14d")[0] for _ in range(9)),
                      1000, "ms")
        yield at_most("GET /stats?window=14d, median", statistics.median(client.get("/stats?window=14d")[0] for _ in range(9)),
                      1000, "ms")

"""How long each part of a day lasts, and what it may use at most.

The day of M minutes is a busy half, in which the phases follow one another, and a
quiet half. Durations are those of a day of 30 minutes, and shrink with it, each
down to what its phase needs to mean anything."""

import dataclasses

PHASES = {
    # name: (seconds of a day of 30 minutes, least seconds)
    "idle": (30, 6),        # nothing yet: what is compared with the end
    "morning": (60, 10),    # 100 tasks a second, all succeed: cost of a task
    "singles": (30, 5),     # single failures into each chat
    "storm": (45, 6),       # failures into one chat
    "chats": (150, 8),      # failures over 400 chats
    "hook": (40, 6),        # failures that only the hook hears of
    "away": (600, 15),      # a chat answers as a proxy without its server, beside what follows
    "stuck": (120, 10),     # another chat does not answer at all, beside what follows
    "reloads": (40, 6),     # SIGHUP that changes a relay
    "replica": (60, 8),     # a second process on the same database
    "snapshot": (300, 10),  # a transaction held open
    "hang": (30, 6),        # PostgreSQL is stopped, goes on, and is restarted
    "disk": (60, 8),        # no room on the disk
    "unread": (60, 6),      # nobody reads the log
    "kill": (10, 2),        # the service is killed
    "evening": (60, 10),    # the morning again
}


@dataclasses.dataclass
class Plan:
    minutes: float = 30
    only: tuple = ()
    runners: int = 200
    subscribers: int = 30
    memory_guard: float = 1500  # MB: a phase ends there, and the service is started anew

    def wants(self, name):
        return not self.only or name in self.only

    def seconds(self, name):
        full, least = PHASES[name]
        return max(least, full * self.minutes / 30)

    def count(self, full, least):
        """How many of what there are `full` of in a day of 30 minutes."""
        return max(least, round(full * min(1, self.minutes / 30)))

    @property
    def quiet_seconds(self):
        return self.minutes * 30 if not self.only else max(20, self.minutes * 10)

    base_rate = 30.0  # tasks a second beside what the phases bring
    peak_rate = 100.0
    chats = 400


# What a chat's own limits let through, as docs/relays.md and the sink have them:
# (messages, seconds) for each chat and for all of them.
LIMITS = {
    "octo": {"chat": [(5, 1)], "app": [(50, 1)]},
    "lark": {"chat": [(5, 1)], "app": [(50, 1), (1000, 60)]},
    "slack": {"chat": [(3, 3)], "app": [(300, 60)]},
    "telegram": {"chat": [(20, 60)], "app": [(30, 1)]},
    "webhook": {"chat": [], "app": [(200, 1)]},
}
# A sender that keeps clear of a limit, however unevenly messages travel, has this share of it.
PACE = 0.7
# And what a message may take beside that: a storm is gathered for 8 s at most.
SLACK_SECONDS = 15.0

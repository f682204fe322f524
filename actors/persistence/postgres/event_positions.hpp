#pragma once

#include <string>

// How events get their positions (docs/adr/0015). Inside this folder only.

namespace telltale {

/// Whoever writes events calls this and then `nextval('event_position')`, as
/// late in the transaction as it can: others who write events wait from here to
/// the commit. So positions become visible in their order. They have gaps:
/// a transaction that is undone leaves one, and so does a crash.
///
/// Two rules keep that true and free of deadlocks. Rows are locked before,
/// never after. The statement that takes the lock has its snapshot from before
/// it, so it must not look at what the log holds; the sequence is not bound to
/// one.
inline const std::string lock_positions =
    "pg_advisory_xact_lock(1952804965, 1)";

} // namespace telltale

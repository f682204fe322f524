#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands/client/runner_client.hpp"
#include "commands/simulate/simulate_mix.hpp"

// How runners of other systems speak (docs/runners.md): the calls of each, what
// they can say, and when they try again. Pure.

namespace telltale::commands {

enum class dialect : std::uint8_t {
  native, ///< Telltale's own: claims, heartbeats, reports
  daemon, ///< a daemon with a runtime: registers, claims, starts, completes
  job,    ///< started by a job system: its context, its status, nothing else
};

[[nodiscard]] std::optional<dialect> parse_dialect(std::string_view text);

/// What becomes of a behaviour that this dialect has no words for.
[[nodiscard]] behaviour as_played(dialect by, behaviour what) noexcept;

/// What the service must tell of it.
[[nodiscard]] expectation expected_by(dialect by, behaviour what,
                                      std::uint64_t n);

/// How often a call goes again that got no good answer.
enum class insistence : std::uint8_t {
  ordinary, ///< it may be lost
  terminal, ///< it tells how a run ended
};

/// The wait before the next try, after so many; nothing: it is given up. A
/// daemon's terminal reports go again after 4, 8, 16, 32 and 64 s, and from
/// then on wait in its outbox, which replays them every 30 s without end. A job
/// has no second try at all.
[[nodiscard]] std::optional<std::chrono::milliseconds>
next_try(dialect by, insistence how, unsigned tries_made);

/// Does this answer take a report out of a daemon's outbox?
[[nodiscard]] bool ends_replay(const service_answer& answer);

/// A daemon's outbox may hold what was taken already, if the daemon ended in
/// between: so many runs in ten report their end twice.
[[nodiscard]] bool replays_taken(std::uint64_t n) noexcept;

// Each builds one call; pure.
[[nodiscard]] service_call daemon_register_call(std::string_view daemon,
                                                std::string_view provider);
[[nodiscard]] service_call daemon_claim_call(std::string_view daemon,
                                             std::string_view runtime);
[[nodiscard]] service_call daemon_start_call(std::string_view run);
[[nodiscard]] service_call daemon_progress_call(std::string_view run);
[[nodiscard]] service_call daemon_end_call(std::string_view run,
                                           const wire_report& how);
[[nodiscard]] service_call daemon_beat_call(std::string_view runtime);
[[nodiscard]] service_call daemon_status_call(std::string_view run);
[[nodiscard]] service_call job_context_call(std::string_view task,
                                            std::string token);
[[nodiscard]] service_call job_status_call(std::string_view task,
                                           std::string token);
[[nodiscard]] service_call job_produced_call(std::string_view task,
                                             std::string token,
                                             std::int64_t things);
[[nodiscard]] service_call job_begin_call(std::string_view task);

} // namespace telltale::commands

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "messages/runners.hpp"

// The daemon dialect (docs/runners.md): JSON to messages and back. Pure; any
// thread. Errors as in wire.hpp.

namespace telltale {

/// Most runtimes that one call may name.
inline constexpr std::size_t most_runtimes = 100;

using workspace_names = std::map<std::string, std::string>;

// --- daemons and their runtimes ----------------------------------------------

/// Fails with `invalid_field` for a workspace that is not configured.
[[nodiscard]] caf::expected<register_runtimes>
parse_register(std::string_view body, const workspace_names& workspaces);

struct daemon_claim {
  std::string daemon; ///< empty: the call does not say
  std::vector<runner_id> runtimes;
  std::uint32_t most = 1; ///< tasks
};

[[nodiscard]] caf::expected<daemon_claim>
parse_daemon_claim(std::string_view body);

/// The `runtime_id` of a heartbeat.
[[nodiscard]] caf::expected<runner_id>
parse_daemon_heartbeat(std::string_view body);

[[nodiscard]] caf::expected<deregister_runtimes>
parse_deregister(std::string_view body);

[[nodiscard]] std::string write_workspaces(const workspace_names& workspaces);
/// Quoted; another one for other workspaces.
[[nodiscard]] std::string etag_of(std::string_view body);
[[nodiscard]] std::string write_registered(const runtimes_found& found);
[[nodiscard]] std::string write_profiles(const std::string& workspace);
[[nodiscard]] std::string write_repos(const std::string& workspace);
/// `known` false: the daemon is to register again.
[[nodiscard]] std::string write_daemon_heartbeat(const runner_id& runtime,
                                                 bool known);

/// A claimed task as a daemon gets it: what the task's input holds under
/// `daemon`, and whose it is. `token` is the attempt's own.
[[nodiscard]] std::string write_daemon_claimed(const task_record& task,
                                               const runtime_record& runtime,
                                               std::string_view token);

/// What the task's input holds of these skills.
[[nodiscard]] std::string write_bundles(const task_record& task,
                                        std::string_view body);

// --- reports of one attempt --------------------------------------------------

[[nodiscard]] caf::expected<status_report>
parse_daemon_start(const task_id& task, std::string_view body);
/// A short output that is an agent's notice of a full context or of its last
/// turn is a failure.
[[nodiscard]] caf::expected<status_report>
parse_daemon_complete(const task_id& task, std::string_view body);
/// Its `error` may be any JSON.
[[nodiscard]] caf::expected<status_report>
parse_daemon_fail(const task_id& task, std::string_view body);
/// What changes no state: progress, waiting, usage, what a cancelled run left.
[[nodiscard]] caf::expected<status_report>
parse_daemon_remark(const task_id& task, std::string_view body);
/// How many messages a call brings.
[[nodiscard]] std::size_t count_messages(std::string_view body);

/// An attempt as the runner that works on it sees it.
struct attempt_view {
  std::string id; ///< as it was asked for
  std::uint32_t number = 1;
  const task_found* found = nullptr;
};

[[nodiscard]] std::string write_daemon_task(const attempt_view& seen);
[[nodiscard]] std::string write_daemon_status(const attempt_view& seen);
/// Of a garbage collection: never that something is not there, which would have
/// the daemon delete the work at once.
[[nodiscard]] std::string write_task_gc(const attempt_view& seen);
[[nodiscard]] std::string write_active_gc(timestamp now);
[[nodiscard]] caf::expected<std::string> write_issues_gc(std::string_view body,
                                                         timestamp now);

} // namespace telltale

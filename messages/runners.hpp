#pragma once

#include <string>
#include <vector>

#include "messages/uuid.hpp"

// Runners that register by themselves: a daemon's runtimes, one for each
// provider of a workspace. To the rest of the service a runtime is a runner.

namespace telltale {

/// A runtime as its daemon describes it. What a daemon calls things is at most
/// 128 characters long and shown as it is.
struct runtime_record {
  runner_id id; ///< the store's to give: the same for the same three below
  workspace_id workspace;
  std::string daemon;   ///< the id of the daemon that it belongs to
  std::string provider; ///< also the kind of the tasks that it claims
  std::string name;
  std::string device;
  std::string version;

  bool operator==(const runtime_record&) const = default;
};

/// A daemon comes up with these. A sign of life of each.
struct register_runtimes {
  std::vector<runtime_record> runtimes; ///< without ids

  bool operator==(const register_runtimes&) const = default;
};

/// A daemon goes: nobody works on these from now on.
struct deregister_runtimes {
  std::vector<runner_id> ids;

  bool operator==(const deregister_runtimes&) const = default;
};

struct find_runtimes {
  std::vector<runner_id> ids;

  bool operator==(const find_runtimes&) const = default;
};

/// Those that there are, in the order in which they were asked for. What was
/// deregistered is not there.
struct runtimes_found {
  std::vector<runtime_record> runtimes;

  bool operator==(const runtimes_found&) const = default;
};

} // namespace telltale

#pragma once

#include <vector>

#include "config/config.hpp"
#include "messages/store.hpp"

namespace telltale {

/// What a round deletes, in its order. An age of 0 keeps all: its row is left
/// out. Runners go with the finished tasks.
[[nodiscard]] std::vector<prune_old>
plan_pruning(const config::retention_config& options);

} // namespace telltale

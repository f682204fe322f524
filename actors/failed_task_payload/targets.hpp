#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/failed_task_payload/build.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// The relays there are: whom to wake, and which of them are webhooks.
struct publication_targets {
  std::map<std::string, relay_actor> relays; ///< by name
  std::vector<webhook_target> webhooks;
};

/// The targets in force. Relays need the stores, which need this room, so they
/// come after it was spawned; a reload replaces them as a whole. Any thread.
class live_targets {
public:
  [[nodiscard]] std::shared_ptr<const publication_targets> get() const;
  void replace(publication_targets targets);

private:
  mutable std::mutex guard_;
  std::shared_ptr<const publication_targets> targets_ =
      std::make_shared<const publication_targets>();
};

using live_targets_ptr = std::shared_ptr<live_targets>;

} // namespace telltale

#include "actors/gateway/known_runtimes.hpp"

namespace telltale {

void known_runtimes::learn(const runtime_record& runtime, time_point now) {
  if (known_.size() >= most && !known_.contains(runtime.id.value)) {
    std::erase_if(known_,
                  [&](const auto& each) { return each.second.until <= now; });
    if (known_.size() >= most)
      return;
  }
  known_[runtime.id.value] = {runtime, now + lifetime};
}

void known_runtimes::forget(const runner_id& id) {
  known_.erase(id.value);
}

const runtime_record* known_runtimes::find(const runner_id& id,
                                           time_point now) const {
  const auto at = known_.find(id.value);
  return at != known_.end() && at->second.until > now ? &at->second.runtime
                                                      : nullptr;
}

} // namespace telltale

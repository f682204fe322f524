#include "actors/gateway/known_sessions.hpp"

namespace telltale {

void known_sessions::learn(const std::string& hash, std::uint64_t token,
                           time_point now) {
  if (known_.size() >= most && !known_.contains(hash)) {
    std::erase_if(known_,
                  [&](const auto& each) { return each.second.until <= now; });
    if (known_.size() >= most)
      return;
  }
  known_[hash] = {token, now + lifetime};
}

void known_sessions::forget(const std::string& hash) {
  known_.erase(hash);
}

std::optional<std::uint64_t> known_sessions::find(const std::string& hash,
                                                  time_point now) const {
  const auto at = known_.find(hash);
  if (at == known_.end() || at->second.until <= now)
    return std::nullopt;
  return at->second.token;
}

} // namespace telltale

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace telltale {

/// Sessions of the page that the store was asked for a moment ago, so that the
/// many calls of a page do not ask for theirs each time. That one has ended
/// elsewhere is seen once its time here is over. Bounded. Pure: it is told the
/// time. Belongs to one actor.
class known_sessions {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds lifetime{10};
  static constexpr std::size_t most = 4'096;

  void learn(const std::string& hash, std::uint64_t token, time_point now);
  void forget(const std::string& hash);
  /// Whose it is (`principal::token`); nothing: the store knows.
  [[nodiscard]] std::optional<std::uint64_t> find(const std::string& hash,
                                                  time_point now) const;
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

private:
  struct entry {
    std::uint64_t token = 0;
    time_point until{};
  };
  std::map<std::string, entry> known_;
};

} // namespace telltale

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace telltale {

/// What addresses whose tokens were refused are counted under: an IPv4 address
/// as it is, of an IPv6 one its network of 64 bits, which is one customer's.
/// Pure.
[[nodiscard]] std::string network_of(std::string_view address);

/// Counts refused tokens by address, so that guessing is slow and an operator
/// sees it. Bounded; any thread.
class refused_callers {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Past so many within the window, an address is turned away till its end.
  static constexpr unsigned most_refusals = 10;
  static constexpr std::chrono::seconds window{60};
  /// Addresses that are remembered; past it the oldest is forgotten.
  static constexpr std::size_t most_addresses = 4'096;

  /// A token from there was none of ours. True for the one that is too many.
  bool add(std::string_view address, time_point now);

  /// For how long requests from there without a good token are turned away;
  /// nothing: they are not.
  [[nodiscard]] std::optional<std::chrono::seconds>
  turned_away(std::string_view address, time_point now) const;

private:
  struct record {
    time_point since{};
    unsigned refusals = 0;
  };

  mutable std::mutex guard_;
  std::map<std::string, record, std::less<>> by_network_;
};

} // namespace telltale

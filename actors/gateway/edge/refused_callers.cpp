#include "actors/gateway/edge/refused_callers.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace telltale {

std::string network_of(std::string_view address) {
  const std::string text{address};
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1)
    return text;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0,    0,
                                                 0, 0, 0, 0, 0xff, 0xff};
  if (!std::equal(mapped.begin(), mapped.end(), bytes.begin()))
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  std::array<char, INET6_ADDRSTRLEN> shown{};
  ::inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size());
  return shown.data();
}

bool refused_callers::add(std::string_view address, time_point now) {
  auto network = network_of(address);
  const std::scoped_lock lock{guard_};
  auto found = by_network_.find(network);
  if (found == by_network_.end()) {
    if (by_network_.size() >= most_addresses)
      by_network_.erase(std::ranges::min_element(
          by_network_, {}, [](const auto& each) { return each.second.since; }));
    found = by_network_.emplace(std::move(network), record{now, 0}).first;
  }
  auto& counted = found->second;
  if (now - counted.since >= window)
    counted = {now, 0};
  return ++counted.refusals == most_refusals;
}

std::optional<std::chrono::seconds>
refused_callers::turned_away(std::string_view address, time_point now) const {
  const std::scoped_lock lock{guard_};
  const auto found = by_network_.find(network_of(address));
  if (found == by_network_.end())
    return std::nullopt;
  const auto left = found->second.since + window - now;
  if (left <= left.zero() || found->second.refusals < most_refusals)
    return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(left);
}

} // namespace telltale

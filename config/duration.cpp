#include "config/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace telltale::config {

namespace {

// From the largest: the first that divides a value prints it.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

/// Ten thousand years, well inside what a double counts exactly.
constexpr double longest = 3.2e14;

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto split = text.find_first_not_of("0123456789.");
  if (split == 0 || split == text.npos || text.front() == '.'
      || text[split - 1] == '.')
    return std::nullopt;
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + split,
                                            amount, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + split)
    return std::nullopt;
  for (const auto& [unit, milliseconds] : units) {
    if (text.substr(split) != unit)
      continue;
    const double exact = amount * static_cast<double>(milliseconds);
    const double whole = std::round(exact);
    if (exact > longest || std::abs(exact - whole) > 1e-6)
      return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::int64_t>(whole)};
  }
  return std::nullopt;
}

std::string print_duration(std::chrono::milliseconds value) {
  if (value.count() == 0)
    return "0s";
  for (const auto& [unit, milliseconds] : units)
    if (value.count() % milliseconds == 0)
      return std::to_string(value.count() / milliseconds) + std::string{unit};
  return {};
}

} // namespace telltale::config

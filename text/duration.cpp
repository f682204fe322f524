#include "text/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace telltale::text {

namespace {

struct unit_of_time {
  std::string_view name;
  std::int64_t milliseconds;
  bool duration_syntax::*allowed; ///< null: always
};

// From the largest: the first that divides a value prints it.
constexpr std::array units{
    unit_of_time{"d", 86'400'000, &duration_syntax::days},
    unit_of_time{"h", 3'600'000, nullptr},
    unit_of_time{"m", 60'000, nullptr},
    unit_of_time{"s", 1'000, nullptr},
    unit_of_time{"ms", 1, &duration_syntax::milliseconds},
    unit_of_time{"min", 60'000, &duration_syntax::loose},
    unit_of_time{"", 1'000, &duration_syntax::loose},
};

/// Ten thousand years, well inside what a double counts exactly.
constexpr double longest = 3.2e14;

const unit_of_time* find_unit(std::string_view name,
                              const duration_syntax& syntax) {
  for (const auto& unit : units)
    if (unit.name == name && (unit.allowed == nullptr || syntax.*unit.allowed))
      return &unit;
  return nullptr;
}

} // namespace

std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text, const duration_syntax& syntax) {
  const auto size =
      text.find_first_not_of(syntax.fractions ? "0123456789." : "0123456789");
  const auto number = text.substr(0, size);
  if (number.empty() || number.front() == '.' || number.back() == '.')
    return std::nullopt;
  const auto* const unit = find_unit(text.substr(number.size()), syntax);
  double amount = 0;
  const auto* const stop = number.data() + number.size();
  const auto [end, error] =
      std::from_chars(number.data(), stop, amount, std::chars_format::fixed);
  if (unit == nullptr || error != std::errc{} || end != stop)
    return std::nullopt;
  const double exact = amount * static_cast<double>(unit->milliseconds);
  const double whole = std::round(exact);
  if (exact > longest || std::abs(exact - whole) > 1e-6)
    return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(whole)};
}

std::string print_duration(std::chrono::milliseconds value) {
  if (value.count() == 0)
    return "0s";
  for (const auto& unit : units)
    if (value.count() % unit.milliseconds == 0)
      return std::to_string(value.count() / unit.milliseconds)
             + std::string{unit.name};
  return {};
}

} // namespace telltale::text

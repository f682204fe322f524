#include "messages/time.hpp"

#include <charconv>
#include <cstdlib>

namespace telltale {

namespace {

/// Reads exactly `count` decimal digits and moves past them.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count)
    return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos)
    return false;
  text.remove_prefix(1);
  return true;
}

/// `Z`, `+hh`, `+hh:mm` or `+hhmm`, as an offset from UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take_char(text, "Zz"))
    return std::chrono::minutes{0};
  if (text.empty() || (text.front() != '+' && text.front() != '-'))
    return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23)
    return std::nullopt;
  int minutes = 0;
  if (!text.empty()) {
    take_char(text, ":");
    const auto read = take_number(text, 2);
    if (!read || *read > 59)
      return std::nullopt;
    minutes = *read;
  }
  return std::chrono::minutes{sign * (*hours * 60 + minutes)};
}

/// Decimal digits, with zeros in front up to `width`.
template <class Number>
void put_number(std::string& text, Number value, std::size_t width) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  const auto size = static_cast<std::size_t>(end.ptr - digits);
  if (size < width)
    text.append(width - size, '0');
  text.append(digits, size);
}

} // namespace

std::string format_rfc3339(timestamp when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{when - day};
  const auto year = static_cast<int>(date.year());
  // Written for every report several times: printf is too slow for that.
  std::string text;
  text.reserve(32);
  if (year < 0)
    text += '-';
  put_number(text, std::abs(year), 4);
  text += '-';
  put_number(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  put_number(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  put_number(text, clock.hours().count(), 2);
  text += ':';
  put_number(text, clock.minutes().count(), 2);
  text += ':';
  put_number(text, clock.seconds().count(), 2);
  text += '.';
  put_number(text, clock.subseconds().count(), 6);
  text += 'Z';
  return text;
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take_char(text, "-"))
    return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_char(text, "-"))
    return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take_char(text, "Tt "))
    return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ":"))
    return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take_char(text, ":"))
    return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 60)
    return std::nullopt;
  int micros = 0;
  if (take_char(text, ".")) {
    std::size_t decimals = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (decimals < 6)
        micros = micros * 10 + (text.front() - '0');
      ++decimals;
      text.remove_prefix(1);
    }
    if (decimals == 0 || decimals > 9)
      return std::nullopt;
    for (; decimals < 6; ++decimals)
      micros *= 10;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty())
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year{*year},
      std::chrono::month{static_cast<unsigned>(*month)},
      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return timestamp{std::chrono::sys_days{date}} + std::chrono::hours{*hour}
         + std::chrono::minutes{*minute} + std::chrono::seconds{*second}
         + std::chrono::microseconds{micros} - *offset;
}

} // namespace telltale

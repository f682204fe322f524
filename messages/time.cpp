#include "messages/time.hpp"

#include <cstddef>
#include <cstdint>
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

/// Writes exactly `Width` decimal digits from `to` on.
template <std::size_t Width> char* put_digits(char* to, std::int64_t value) {
  for (std::size_t i = Width; i > 0; --i, value /= 10)
    to[i - 1] = static_cast<char>('0' + value % 10);
  return to + Width;
}

} // namespace

std::string format_rfc3339(timestamp when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{when - day};
  const auto year = static_cast<int>(date.year());
  // Written for every report several times: printf is too slow for that.
  char text[32];
  char* to = text;
  if (year < 0)
    *to++ = '-';
  if (std::abs(year) > 9999)
    to = put_digits<5>(to, std::abs(year));
  else
    to = put_digits<4>(to, std::abs(year));
  *to++ = '-';
  to = put_digits<2>(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_digits<2>(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  to = put_digits<2>(to, clock.hours().count());
  *to++ = ':';
  to = put_digits<2>(to, clock.minutes().count());
  *to++ = ':';
  to = put_digits<2>(to, clock.seconds().count());
  *to++ = '.';
  to = put_digits<6>(to, clock.subseconds().count());
  *to++ = 'Z';
  return {text, to};
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

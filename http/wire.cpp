#include "http/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

#include "text/ascii.hpp"

namespace telltale::http {

namespace {

using text::lower;

template <class Integer>
void append_number(std::string& out, Integer value, int base = 10) {
  std::array<char, std::numeric_limits<std::uint64_t>::digits> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, base)
          .ptr;
  out.append(digits.data(), end);
}

/// Names that only the server itself may say.
bool is_framing_header(std::string_view name) {
  switch (name.size()) {
  case 4:
    return same_name(name, "date");
  case 10:
    return same_name(name, "connection");
  case 14:
    return same_name(name, "content-length");
  case 17:
    return same_name(name, "transfer-encoding");
  default:
    return false;
  }
}

} // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && std::equal(a.begin(), a.end(), b.begin(),
                       [](char x, char y) { return lower(x) == lower(y); });
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9')
           || marks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

std::optional<std::string_view> find_header(const std::vector<header>& headers,
                                            std::string_view name) {
  for (const auto& h : headers)
    if (same_name(h.name, name))
      return h.value;
  return std::nullopt;
}

void append_head(std::string& out, const response& what,
                 const head_frame& frame) {
  out += "HTTP/1.1 ";
  append_number(out, what.status);
  out += ' ';
  out += reason_phrase(what.status);
  out += "\r\n";
  for (const auto& h : what.headers) {
    if (is_framing_header(h.name) || !is_token(h.name)
        || !is_header_value(h.value))
      continue;
    out += h.name;
    out += ": ";
    out += h.value;
    out += "\r\n";
  }
  if (frame.how == framing::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (frame.how == framing::length && !is_bodiless(what.status)) {
    out += "Content-Length: ";
    append_number(out, what.body.size());
    out += "\r\n";
  }
  if (!frame.keep_alive)
    out += "Connection: close\r\n";
  else if (frame.http10)
    out += "Connection: keep-alive\r\n";
  out += frame.date;
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view data) {
  append_number(out, data.size(), 16);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

bool is_bodiless(unsigned status) {
  return status < 200 || status == 204 || status == 304;
}

std::string date_line(std::int64_t seconds) {
  using namespace std::chrono;
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed",
                                   "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds moment{std::chrono::seconds{seconds}};
  const auto midnight = floor<std::chrono::days>(moment);
  const year_month_day day{midnight};
  const hh_mm_ss clock{moment - midnight};
  std::array<char, 64> text{};
  const int n = std::snprintf(
      text.data(), text.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n",
      days[weekday{midnight}.c_encoding()], static_cast<unsigned>(day.day()),
      months[static_cast<unsigned>(day.month()) - 1],
      static_cast<int>(day.year()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(n)};
}

} // namespace telltale::http

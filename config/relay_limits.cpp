#include "config/relay_limits.hpp"

#include <algorithm>
#include <charconv>

namespace telltale::config {

namespace {

std::string plain(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string joined(double a_second, double a_minute) {
  std::string result;
  if (a_second > 0)
    result = plain(a_second) + " a second";
  if (a_minute > 0)
    result += (result.empty() ? "" : ", ") + plain(a_minute) + " a minute";
  return result;
}

std::string per_chat(const relay_limits& row) {
  auto result = joined(row.per_chat, 0);
  if (row.per_group_minute > 0)
    result += ", " + plain(row.per_group_minute) + " a minute to a group";
  return result;
}

std::string or_none(std::string text) {
  return text.empty() ? "no limit" : text;
}

} // namespace

const std::vector<relay_limits>& relay_limit_rows() {
  static const std::vector<relay_limits> rows{
#define TELLTALE_RELAY_LIMITS(type, per_chat, per_group_minute, per_app,       \
                              per_app_minute, in_flight, of_the_chat, source)  \
  relay_limits{#type,          per_chat,  per_group_minute, per_app,           \
               per_app_minute, in_flight, of_the_chat,      source},
#include "config/relay_limits.def"
#undef TELLTALE_RELAY_LIMITS
  };
  return rows;
}

const relay_limits& relay_limits_of(std::string_view type) {
  const auto& rows = relay_limit_rows();
  const auto found = std::ranges::find(rows, type, &relay_limits::type);
  return found == rows.end() ? rows.front() : *found;
}

std::string relay_limits_table() {
  std::string out =
      "| type | to one chat | in all | under way at once | from |\n"
      "| --- | --- | --- | --- | --- |\n";
  for (const auto& row : relay_limit_rows())
    out += "| `" + std::string{row.type} + "` | " + or_none(per_chat(row))
           + " | " + or_none(joined(row.per_app, row.per_app_minute)) + " | "
           + std::to_string(row.in_flight) + " | " + std::string{row.source}
           + " |\n";
  return out;
}

std::string relay_limits_line(const relay_limits& row) {
  return std::string{row.type} + ": to one chat " + or_none(per_chat(row))
         + "; in all " + or_none(joined(row.per_app, row.per_app_minute)) + "; "
         + std::to_string(row.in_flight) + " under way at once";
}

} // namespace telltale::config

#include "messages/failure_reason.hpp"

#include <algorithm>
#include <array>

namespace telltale {

namespace {

constexpr std::array rows{
#define TELLTALE_FAILURE_REASON(name, wire, side, retried, attempts, base,     \
                                meaning)                                       \
  reason_row{reason::name, wire,     failure_side::side,                       \
             retried,      attempts, std::chrono::seconds{base},               \
             meaning},
#include "messages/failure_reason.def"
#undef TELLTALE_FAILURE_REASON
};

constexpr std::array aliases{
#define TELLTALE_REASON_ALIAS(word, means, attempts, base)                     \
  reason_alias{word, reason::means, attempts, std::chrono::seconds{base}},
#include "messages/reason_aliases.def"
#undef TELLTALE_REASON_ALIAS
};

} // namespace

std::string to_string(failure_side side) {
  return side == failure_side::platform ? "platform" : "agent";
}

std::span<const reason_row> failure_reasons() noexcept {
  return rows;
}

failure_reason::failure_reason(reason code)
    : wire(rows.at(static_cast<std::size_t>(code)).wire) {}

const reason_row* find_reason(std::string_view wire) noexcept {
  const auto* found =
      std::ranges::find(rows, wire, [](const reason_row& r) { return r.wire; });
  return found == rows.end() ? nullptr : found;
}

const reason_alias* find_alias(std::string_view word) noexcept {
  const auto* found = std::ranges::find(
      aliases, word, [](const reason_alias& each) { return each.word; });
  return found == aliases.end() ? nullptr : found;
}

failure_side side_of(const failure_reason& why) noexcept {
  const auto* row = find_reason(why.wire);
  return row != nullptr ? row->side : failure_side::agent;
}

bool is_valid_reason(std::string_view wire) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.';
  };
  return !wire.empty() && wire.size() <= 64
         && std::ranges::all_of(wire, allowed);
}

std::string_view metric_label(const failure_reason& why) noexcept {
  const auto* row = find_reason(why.wire);
  return row != nullptr ? row->wire : std::string_view{"other"};
}

} // namespace telltale

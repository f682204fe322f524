#include "actors/status_intake/validate.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace telltale {

namespace {

constexpr std::size_t max_id_characters = 128;

// What PostgreSQL's integer holds.
constexpr std::uint32_t max_attempt = 2'147'483'647;

/// Length of the UTF-8 sequence at the text's start, 0 if there is none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const auto lead = byte(0);
  if (lead < 0x80)
    return 1;
  const std::size_t length = lead >= 0xf0   ? 4
                             : lead >= 0xe0 ? 3
                             : lead >= 0xc2 ? 2
                                            : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80U)
      return 0;
  // Overlong forms, surrogates, and what lies beyond Unicode.
  const auto second = byte(1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)
      || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
    return 0;
  return length;
}

} // namespace

bool is_reportable(task_status status) noexcept {
  return status != task_status::queued;
}

bool is_valid_id(std::string_view text) noexcept {
  std::size_t characters = 0;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0 || first < 0x20 || first == 0x7f)
      return false;
    if (++characters > max_id_characters)
      return false;
    text.remove_prefix(length);
  }
  return characters > 0;
}

ec validate(const status_report& report) noexcept {
  if (!is_reportable(report.status))
    return ec::unsupported_status;
  if (report.why && !report.why->wire.empty()
      && !is_valid_reason(report.why->wire))
    return ec::invalid_field;
  if (report.posted && *report.posted < 0)
    return ec::invalid_field;
  if (report.attempt && *report.attempt > max_attempt)
    return ec::invalid_field;
  if (report.runner && !is_valid_id(report.runner->value))
    return ec::invalid_field;
  return ec::none;
}

} // namespace telltale

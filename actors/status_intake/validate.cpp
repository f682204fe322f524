#include "actors/status_intake/validate.hpp"

#include <cstddef>
#include <limits>
#include <string_view>

#include "text/utf8.hpp"

namespace telltale {

namespace {

constexpr std::size_t max_id_characters = 128;

// What PostgreSQL's integer holds.
constexpr std::uint32_t max_attempt = 2'147'483'647;

} // namespace

bool is_reportable(task_status status) noexcept {
  return status != task_status::queued;
}

bool is_valid_id(std::string_view text) noexcept {
  const auto characters = text::count_characters(text);
  return characters >= 1 && characters <= max_id_characters
         && text::is_valid(text) && !text::has_ascii_control(text);
}

ec validate(const status_report& report) noexcept {
  if (!is_reportable(report.status))
    return ec::unsupported_status;
  if (report.failure_reason && !report.failure_reason->wire.empty()
      && !is_valid_reason(report.failure_reason->wire))
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

#include "messages/task_status.hpp"

#include <array>

namespace telltale {

namespace {

constexpr std::array status_names{
#define TELLTALE_TASK_STATUS(name, terminal) std::string_view{#name},
#include "messages/task_status.def"
#undef TELLTALE_TASK_STATUS
};

constexpr std::array status_terminal{
#define TELLTALE_TASK_STATUS(name, terminal) terminal,
#include "messages/task_status.def"
#undef TELLTALE_TASK_STATUS
};

constexpr std::array outcome_names{
#define TELLTALE_OUTCOME(name) std::string_view{#name},
#include "messages/outcome.def"
#undef TELLTALE_OUTCOME
};

constexpr std::array settled_names{std::string_view{"runner"},
                                   std::string_view{"reaper"},
                                   std::string_view{"person"}};

template <class Enum, std::size_t N> std::optional<Enum>
find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace

std::string to_string(task_status status) {
  return std::string{status_names.at(static_cast<std::size_t>(status))};
}

std::string to_string(task_outcome outcome) {
  return std::string{outcome_names.at(static_cast<std::size_t>(outcome))};
}

std::string to_string(settled_by who) {
  return std::string{settled_names.at(static_cast<std::size_t>(who))};
}

std::optional<task_status> parse_task_status(std::string_view text) {
  return find_name<task_status>(status_names, text);
}

std::optional<task_outcome> parse_task_outcome(std::string_view text) {
  return find_name<task_outcome>(outcome_names, text);
}

std::optional<settled_by> parse_settled_by(std::string_view text) {
  return find_name<settled_by>(settled_names, text);
}

bool is_terminal(task_status status) noexcept {
  return status_terminal[static_cast<std::size_t>(status)];
}

} // namespace telltale

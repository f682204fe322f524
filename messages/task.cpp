#include "messages/task.hpp"

#include "messages/event.hpp"
#include "messages/store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace telltale {

namespace {

constexpr std::array delivery_states{
    std::pair{delivery_state::pending, std::string_view{"pending"}},
    std::pair{delivery_state::sent, std::string_view{"sent"}},
    std::pair{delivery_state::dead, std::string_view{"dead"}},
    std::pair{delivery_state::superseded, std::string_view{"superseded"}},
};

constexpr std::array event_types{
    std::pair{event_type::task_created, std::string_view{"task:created"}},
    std::pair{event_type::task_started, std::string_view{"task:started"}},
    std::pair{event_type::task_succeeded, std::string_view{"task:succeeded"}},
    std::pair{event_type::task_failed, std::string_view{"task:failed"}},
    std::pair{event_type::task_cancelled, std::string_view{"task:cancelled"}},
    std::pair{event_type::task_amended, std::string_view{"task:amended"}},
    std::pair{event_type::task_recovered, std::string_view{"task:recovered"}},
    std::pair{event_type::task_produced, std::string_view{"task:produced"}},
    std::pair{event_type::delivery_sent, std::string_view{"delivery:sent"}},
    std::pair{event_type::delivery_dead, std::string_view{"delivery:dead"}},
};

constexpr std::array sweep_kinds{
    std::pair{sweep_kind::queue_ttl, std::string_view{"queue_ttl"}},
    std::pair{sweep_kind::runner_offline, std::string_view{"runner_offline"}},
    std::pair{sweep_kind::reconnect, std::string_view{"reconnect"}},
    std::pair{sweep_kind::lease, std::string_view{"lease"}},
    std::pair{sweep_kind::wall_clock, std::string_view{"wall_clock"}},
    std::pair{sweep_kind::recovery, std::string_view{"recovery"}},
    std::pair{sweep_kind::retry_not_taken, std::string_view{"retry_not_taken"}},
    std::pair{sweep_kind::deregistered, std::string_view{"deregistered"}},
};

constexpr std::array detail_origins{
    std::pair{detail_origin::runner, std::string_view{"runner"}},
    std::pair{detail_origin::platform, std::string_view{"platform"}},
};

constexpr std::array told_states{
    std::pair{told_state::told, std::string_view{"told"}},
    std::pair{told_state::held, std::string_view{"held"}},
    std::pair{told_state::waiting, std::string_view{"waiting"}},
    std::pair{told_state::dead, std::string_view{"dead"}},
    std::pair{told_state::nobody, std::string_view{"nobody"}},
};

constexpr std::array told_ways{
    std::pair{told_via::session, std::string_view{"session"}},
    std::pair{told_via::route, std::string_view{"route"}},
    std::pair{told_via::fallback, std::string_view{"default"}},
};

template <class Names, class Enum>
std::string name_in(const Names& names, Enum value) {
  for (const auto& [known, text] : names)
    if (known == value)
      return std::string{text};
  return "unknown";
}

template <class Enum, class Names>
std::optional<Enum> find_in(const Names& names, std::string_view wanted) {
  for (const auto& [known, text] : names)
    if (text == wanted)
      return known;
  return std::nullopt;
}

} // namespace

std::string to_string(delivery_state state) {
  return name_in(delivery_states, state);
}

std::optional<delivery_state> parse_delivery_state(std::string_view text) {
  return find_in<delivery_state>(delivery_states, text);
}

std::string to_string(event_type type) {
  return name_in(event_types, type);
}

std::optional<event_type> parse_event_type(std::string_view text) {
  return find_in<event_type>(event_types, text);
}

std::string to_string(sweep_kind kind) {
  return name_in(sweep_kinds, kind);
}

std::string to_string(prune_kind kind) {
  switch (kind) {
  case prune_kind::sent_deliveries:
    return "sent_deliveries";
  case prune_kind::events:
    return "events";
  case prune_kind::finished_tasks:
    return "finished_tasks";
  case prune_kind::runners:
    return "runners";
  }
  return {};
}

std::string to_string(detail_origin origin) {
  return name_in(detail_origins, origin);
}

std::optional<detail_origin> parse_detail_origin(std::string_view text) {
  return find_in<detail_origin>(detail_origins, text);
}

std::string to_string(told_state state) {
  return name_in(told_states, state);
}

std::optional<told_state> parse_told_state(std::string_view text) {
  return find_in<told_state>(told_states, text);
}

std::string to_string(told_via via) {
  return name_in(told_ways, via);
}

task_status status_seen_by(const task_record& task,
                           const std::vector<attempt_record>& attempts,
                           std::uint32_t number) {
  if (number > 0 && number < task.attempt)
    return task_status::failed;
  const auto own =
      std::ranges::find(attempts, task.attempt, &attempt_record::number);
  const bool is_over = number > 0 && own != attempts.end() && own->ended_at;
  return is_over ? own->status : task.status;
}

} // namespace telltale

#include "messages/task.hpp"

#include "messages/event.hpp"
#include "messages/store.hpp"

#include <array>
#include <utility>

namespace telltale {

namespace {

constexpr std::array delivery_states{
    std::pair{delivery_state::pending, std::string_view{"pending"}},
    std::pair{delivery_state::sent, std::string_view{"sent"}},
    std::pair{delivery_state::dead, std::string_view{"dead"}},
};

constexpr std::array event_types{
    std::pair{event_type::task_created, std::string_view{"task:created"}},
    std::pair{event_type::task_started, std::string_view{"task:started"}},
    std::pair{event_type::task_succeeded, std::string_view{"task:succeeded"}},
    std::pair{event_type::task_failed, std::string_view{"task:failed"}},
    std::pair{event_type::task_cancelled, std::string_view{"task:cancelled"}},
    std::pair{event_type::task_recovered, std::string_view{"task:recovered"}},
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
  return origin == detail_origin::runner ? "runner" : "platform";
}

} // namespace telltale

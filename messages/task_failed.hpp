#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/event.hpp"

namespace telltale {

class task_failed_builder;

/// **The** failure payload (docs/payload.md): what every relay, webhook, stream
/// and page is told about a failed attempt. Its constructor is private to the
/// failed_task_payload room, so that no second publisher can drift from it.
class task_failed {
public:
  [[nodiscard]] const event_facts& facts() const noexcept { return facts_; }

  /// The payload's JSON: all keys always present, one order, one spelling.
  [[nodiscard]] const std::string& json() const noexcept { return json_; }

  bool operator==(const task_failed&) const = default;

private:
  friend class task_failed_builder;
  task_failed(event_facts facts, std::string json)
      : facts_(std::move(facts)), json_(std::move(json)) {}

  event_facts facts_;
  std::string json_;
};

} // namespace telltale

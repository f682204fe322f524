#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "messages/event_payload.hpp"
#include "messages/redaction.hpp"

namespace telltale {

/// For whom a payload is made.
enum class payload_audience : std::uint8_t {
  everybody, ///< webhooks, streams and pages
  chat,
};

/// Facts on their way to payloads: what redaction is asked, and what is made of
/// its answer. Each fact is asked for once an audience.
class narrowing {
public:
  /// Facts whose texts are to be narrowed. Returns their place.
  std::size_t add(const event_facts& facts, payload_audience audience);

  [[nodiscard]] bool empty() const noexcept { return facts_.empty(); }

  /// Three texts of each: title, error and body.
  [[nodiscard]] narrow_texts question() const;

  /// The payloads, by place; nothing if the answer does not fit the question.
  [[nodiscard]] std::optional<std::vector<payload_ptr>>
  payloads(const texts_redacted& answer, std::string_view public_url) const;

private:
  struct entry {
    event_facts facts;
    payload_audience audience;
  };
  std::vector<entry> facts_;
};

} // namespace telltale

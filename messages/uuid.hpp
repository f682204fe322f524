#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace telltale {

/// 128 bits of RFC 9562 identifier, in network byte order.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;
};

/// Reads the canonical 8-4-4-4-12 form, either case; anything else is nothing.
[[nodiscard]] std::optional<uuid> parse_uuid(std::string_view text) noexcept;

/// The canonical form in lower case, 36 characters.
[[nodiscard]] std::string to_string(const uuid& id);

/// A fresh version 7 identifier: milliseconds since the epoch, a counter that
/// keeps the ids of one thread ascending within a millisecond, then random
/// bits. Thread-safe without locking.
[[nodiscard]] uuid make_uuid_v7();

/// An identifier that cannot be mistaken for another kind of identifier.
template <class Tag> struct uuid_id {
  uuid value{};

  auto operator<=>(const uuid_id&) const = default;
};

template <class Tag>
[[nodiscard]] std::string to_string(const uuid_id<Tag>& id) {
  return to_string(id.value);
}

using task_id = uuid_id<struct task_id_tag>;
/// Of one attempt. The first attempt of a task has the task's own id.
using attempt_id = uuid_id<struct attempt_id_tag>;
using event_id = uuid_id<struct event_id_tag>;
using delivery_id = uuid_id<struct delivery_id_tag>;

/// An opaque name of 1 to 128 characters that another program chose. Empty
/// means absent.
template <class Tag> struct text_id {
  std::string value;

  auto operator<=>(const text_id&) const = default;
  [[nodiscard]] bool empty() const noexcept { return value.empty(); }
};

template <class Tag>
[[nodiscard]] std::string to_string(const text_id<Tag>& id) {
  return id.value;
}

using runner_id = text_id<struct runner_id_tag>;
using chat_session_id = text_id<struct chat_session_id_tag>;
using agent_id = text_id<struct agent_id_tag>;
using issue_id = text_id<struct issue_id_tag>;
using workspace_id = text_id<struct workspace_id_tag>;

} // namespace telltale

template <> struct std::hash<telltale::uuid> {
  std::size_t operator()(const telltale::uuid& id) const noexcept {
    // The tail of a v7 id is random; folding both halves also serves v4, v5.
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      high = (high << 8U) | id.bytes[i];
      low = (low << 8U) | id.bytes[i + 8];
    }
    return static_cast<std::size_t>((high * 0x9e3779b97f4a7c15ULL) ^ low);
  }
};

template <class Tag> struct std::hash<telltale::uuid_id<Tag>> {
  std::size_t operator()(const telltale::uuid_id<Tag>& id) const noexcept {
    return std::hash<telltale::uuid>{}(id.value);
  }
};

template <class Tag> struct std::hash<telltale::text_id<Tag>> {
  std::size_t operator()(const telltale::text_id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};

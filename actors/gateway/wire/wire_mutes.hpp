#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <caf/expected.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "messages/mutes.hpp"

// What operators hold back, to JSON and from requests. Pure; any thread.

namespace telltale {

/// A mute as it is asked for; its note is still raw.
struct mute_request {
  put_mute what; ///< without note
  raw_text note;
};

/// `{relay, chat_id?, until | for, note?}`; the end lies after `now`, within a
/// year.
[[nodiscard]] caf::expected<mute_request> parse_mute(std::string_view body,
                                                     timestamp now);

/// `relay` and perhaps `chat_id` of a query.
[[nodiscard]] caf::expected<clear_mute> parse_clear_mute(const query_map& from);

/// `{relay?}`; nothing at all means every relay.
[[nodiscard]] caf::expected<redeliver_dead>
parse_redeliver_dead(std::string_view body);

[[nodiscard]] std::string write_mute(const mute_record& mute);
[[nodiscard]] std::string write_mutes(const mutes_listed& found);
[[nodiscard]] std::string write_requeued(const dead_requeued& done);

} // namespace telltale

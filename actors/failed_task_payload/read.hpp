#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace telltale {

/// What a payload from elsewhere says, as far as a message needs it. Values of
/// the wrong type are absent; a payload that is no object says nothing. Nothing
/// in it is redacted.
struct foreign_payload {
  std::string type; ///< of the envelope, else of the payload; may be empty
  std::string task_id;
  std::string chat_session_id;
  std::string detail; ///< the runner's `error`, else `error_message`
  std::string reason; ///< wire value
  std::string title;
  std::string run_url;
  std::int64_t attempt = 0;
  std::int64_t max_attempts = 0;
  bool will_retry = false;
};

/// Reads payload and envelope. Ids and type come from the envelope and fall
/// back to the payload; the payload falls back to the envelope's own `payload`.
/// Whatever the texts hold, it answers.
[[nodiscard]] foreign_payload read_payload(std::string_view payload,
                                           std::string_view envelope);

/// Does it say that another attempt is coming?
[[nodiscard]] bool says_retry(const boost::json::object& payload);

/// One of the sentences that a platform itself writes in the place of a detail.
[[nodiscard]] bool is_sentinel(std::string_view text);

} // namespace telltale

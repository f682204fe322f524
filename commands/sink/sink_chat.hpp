#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "commands/sink/sink_dialect.hpp"
#include "commands/sink/sink_faults.hpp"
#include "commands/sink/sink_limits.hpp"
#include "http/types.hpp"

namespace telltale::commands {

/// What a sink was started with.
struct sink_options {
  double fail_rate = 0;  ///< share of messages that are refused
  std::int64_t code = 0; ///< with which Lark code; 0: as a broken server
  std::chrono::milliseconds latency{0};
  std::uint32_t throttle = 0; ///< messages a second and chat; 0: no limit
  bool real_limits = false;   ///< each chat refuses what the real one would
  /// How long a key is remembered (Lark: an hour).
  std::chrono::milliseconds dedup{std::chrono::hours{1}};
  /// Of webhooks and of DingTalk robots; none of a kind: unverified.
  std::vector<std::string> secrets;
  std::uint64_t seed = 1; ///< of the faults by `fail_rate`
};

/// A message as people would see it.
struct sink_message {
  std::uint64_t number = 0; ///< from 1
  std::string relay;        ///< the kind of chat
  std::string chat;
  std::string text;
  std::string key;        ///< the sender's idempotency key
  std::string message_id; ///< what the sink called it
  std::string reply_to;
  std::string received_at;
  std::uint32_t repeats = 0; ///< how often the key came again
  sink_card card;            ///< its parts
};

/// An answer, and when to give it.
struct sink_answer {
  /// What becomes of the request.
  enum class fate : std::uint8_t {
    answered,
    never, ///< let the client wait
    half,  ///< the answer stops in its middle, the connection stays
    cut,   ///< the connection is cut in the answer
  };
  http::response what;
  std::chrono::milliseconds delay{0};
  fate end = fate::answered;
  /// Once answered, the sink refuses connections for so long.
  std::chrono::milliseconds closed_for{0};
};

/// A local chat: speaks the endpoints of every chat that Telltale knows and
/// takes webhooks, dedupes by key where they do, and remembers what it got.
/// Pure but for a clock; any thread.
class sink_chat {
public:
  explicit sink_chat(sink_options options,
                     std::function<void(const sink_message&)> on_message = {});

  [[nodiscard]] sink_answer answer(const http::request& what);

  [[nodiscard]] std::vector<sink_message> messages() const;

private:
  sink_answer lark_token(const http::request& what);
  /// Whether a credential is accepted, asked without a message.
  sink_answer probe(std::string_view relay);
  sink_answer lark(const http::request& what, const std::string& reply_to);
  sink_answer add_fault(const http::request& what);
  sink_answer take(sink_arrival what);
  sink_message& store(sink_arrival what, bool& repeated);
  [[nodiscard]] sink_answer refused_by(const sink_fault& fault,
                                       std::string_view relay) const;
  [[nodiscard]] bool is_signed(const http::request& what) const;
  [[nodiscard]] std::optional<sink_answer> fault_for(const sink_arrival& what);
  [[nodiscard]] sink_answer stats() const;
  [[nodiscard]] sink_answer list(const http::request& what) const;
  [[nodiscard]] sink_answer chats(const http::request& what) const;

  const sink_options options_;
  const std::function<void(const sink_message&)> on_message_;
  mutable std::mutex guard_; ///< of all below
  std::mt19937_64 random_;
  std::deque<sink_message> messages_;
  std::size_t bytes_ = 0;       ///< of the messages
  std::uint64_t forgotten_ = 0; ///< how many left the front
  struct known_key {
    std::uint64_t number = 0;
    std::chrono::steady_clock::time_point since;
  };
  std::map<std::string, known_key> by_key_; ///< relay and key
  sink_faults faults_;
  sink_limiter limiter_;
  std::string token_;
  std::uint64_t tokens_ = 0;
  std::uint64_t refused_ = 0;   ///< for any cause
  std::uint64_t throttled_ = 0; ///< because they came too fast
  std::uint64_t repeats_ = 0;
  std::uint64_t beats_ = 0;
};

/// One message as a JSON object.
[[nodiscard]] std::string to_json(const sink_message& what);

} // namespace telltale::commands

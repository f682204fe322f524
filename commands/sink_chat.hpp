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

#include "http/types.hpp"

namespace telltale::commands {

/// What a sink was started with.
struct sink_options {
  double fail_rate = 0;  ///< share of messages that are refused
  std::int64_t code = 0; ///< with which Lark code; 0: as a broken server
  std::chrono::milliseconds latency{0};
  std::uint32_t throttle = 0; ///< messages a second and chat; 0: no limit
  std::uint64_t seed = 1;     ///< of the faults by `fail_rate`
};

/// A message as people would see it.
struct sink_message {
  std::uint64_t number = 0; ///< from 1
  std::string relay;        ///< octo, lark or webhook
  std::string chat;
  std::string text;
  std::string key;        ///< the sender's idempotency key
  std::string message_id; ///< what the sink called it
  std::string reply_to;
  std::string received_at;
  std::uint32_t repeats = 0; ///< how often the key came again
};

/// An answer, and when to give it.
struct sink_answer {
  http::response what;
  std::chrono::milliseconds delay{0};
  bool never = false; ///< let the client wait
};

/// A fault that was asked for: the next so many requests of its kind meet it.
struct sink_fault {
  std::int64_t next = 0;
  unsigned status = 0;   ///< 0: 400 with a code, else 500
  std::int64_t code = 0; ///< in a Lark body
  bool stored = false;   ///< the message arrives, its answer is lost
  bool hang = false;     ///< no answer at all
  bool of_token = false; ///< meant for Lark's token endpoint
  std::string chat;      ///< only for this chat; empty: any
  std::string header;    ///< `name: value` that the answer carries
};

/// A local chat: speaks Octo's and Lark's endpoints and takes webhooks, dedupes
/// by key as they do, and remembers what it got. Pure but for a clock; any
/// thread.
class sink_chat {
public:
  explicit sink_chat(sink_options options,
                     std::function<void(const sink_message&)> on_message = {});

  [[nodiscard]] sink_answer answer(const http::request& what);

  [[nodiscard]] std::vector<sink_message> messages() const;

private:
  struct arrival {
    std::string relay;
    std::string chat;
    std::string text;
    std::string key;
    std::string reply_to;
  };

  sink_answer octo(const http::request& what);
  sink_answer lark_token(const http::request& what);
  sink_answer lark(const http::request& what, const std::string& reply_to);
  sink_answer hook(const http::request& what);
  sink_answer add_fault(const http::request& what);
  sink_answer take(arrival what);
  sink_message& store(arrival what, bool& repeated);
  [[nodiscard]] std::optional<sink_answer> fault_for(const arrival& what);
  [[nodiscard]] bool is_throttled(const std::string& chat);
  [[nodiscard]] sink_answer stats() const;

  const sink_options options_;
  const std::function<void(const sink_message&)> on_message_;
  mutable std::mutex guard_; ///< of all below
  std::mt19937_64 random_;
  std::deque<sink_message> messages_;
  std::uint64_t forgotten_ = 0;                 ///< how many left the front
  std::map<std::string, std::uint64_t> by_key_; ///< relay and key -> number
  std::vector<sink_fault> faults_;
  std::map<std::string, std::deque<std::chrono::steady_clock::time_point>>
      lately_;
  std::string token_;
  std::uint64_t tokens_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t repeats_ = 0;
  std::uint64_t beats_ = 0;
};

/// One message as a JSON object.
[[nodiscard]] std::string to_json(const sink_message& what);

} // namespace telltale::commands

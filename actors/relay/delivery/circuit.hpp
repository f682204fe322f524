#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "actors/relay/delivery/pacing.hpp"
#include "messages/exponential_backoff.hpp"

namespace telltale {

/// A circuit breaker. It counts transport failures since the last answer; after
/// `failures_to_open` of them, with no answer for `quiet_to_open`, it opens. If
/// they were of several chats, or the target has no chats, nothing goes; if all
/// were of one chat, that chat waits and the others go on. One message at a
/// time is a probe: the first after `first_wait`, each failed one doubles the
/// wait. An answer closes it. A target that throttles is there: that counts as
/// no failure. Pure: it is told the time.
class circuit {
public:
  static constexpr std::uint32_t failures_to_open = 8;
  static constexpr std::chrono::milliseconds quiet_to_open{5'000};
  static constexpr std::chrono::milliseconds first_wait{5'000};
  static constexpr std::chrono::milliseconds longest_wait{60'000};

  /// An answer came, of the other side's own.
  void answered(const std::string& chat, steady_time now);

  /// It asked for messages later: it is there, but that is all one knows.
  void throttled(const std::string& chat);

  /// No usable answer came. `started`: when the message went. True if this
  /// opened the circuit, for the chat or for all.
  bool failed(const std::string& chat, steady_time started, steady_time now);

  /// Whether this chat's messages are held back but for probes.
  [[nodiscard]] bool is_open(const std::string& chat) const noexcept;
  /// Whether all messages are.
  [[nodiscard]] bool is_open() const noexcept { return opened_ == scope::all; }

  /// How long until something may be sent to the chat; zero: now.
  [[nodiscard]] std::chrono::milliseconds wait(const std::string& chat,
                                               steady_time now) const;
  /// The same for whatever chat; zero unless all are held back.
  [[nodiscard]] std::chrono::milliseconds wait(steady_time now) const;

private:
  enum class scope : std::uint8_t { none, chat, all };

  [[nodiscard]] std::chrono::milliseconds until_probe(steady_time now) const;
  void forget_failures();
  void close();

  scope opened_ = scope::none;
  std::string held_back_;      ///< of `scope::chat`
  std::uint32_t failures_ = 0; ///< since an answer
  std::string only_chat_;      ///< whose failures they all are
  bool several_ = false;       ///< they are not of one chat
  bool seen_answer_ = false;
  steady_time answered_at_{};
  exponential_backoff waits_{first_wait, longest_wait};
  steady_time opened_at_{}; ///< or when the last probe failed
  steady_time probe_at_{};  ///< the next one goes then
};

} // namespace telltale

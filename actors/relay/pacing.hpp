#pragma once

#include <chrono>
#include <map>
#include <string>

namespace telltale {

using steady_time = std::chrono::steady_clock::time_point;

/// Hands out `rate` tokens a second, at most `burst` at once. Pure: it is told
/// the time.
class token_bucket {
public:
  token_bucket() = default;
  token_bucket(double rate, double burst, steady_time now)
      : rate_(rate), burst_(burst), tokens_(burst), last_(now) {}

  /// How long until a token can be taken; zero: now.
  [[nodiscard]] std::chrono::milliseconds wait(steady_time now) const;

  /// Takes one, even one that is not there yet.
  void take(steady_time now);

  /// Counts the next token from now on.
  void restart(steady_time now);

  /// As many as there can be: nobody would notice if it were forgotten.
  [[nodiscard]] bool is_full(steady_time now) const;

private:
  [[nodiscard]] double tokens_at(steady_time now) const;

  double rate_ = 1;
  double burst_ = 1;
  double tokens_ = 1;
  steady_time last_{};
};

/// The limits of a chat's API: per chat and per app, per second, and per minute
/// for apps (Lark: 1000 a minute).
class pacer {
public:
  pacer() = default;
  pacer(double per_chat, double per_app, double per_minute, steady_time now);

  /// How long this chat must wait. An empty chat is bound by the app alone.
  [[nodiscard]] std::chrono::milliseconds wait(const std::string& chat,
                                               steady_time now) const;
  void take(const std::string& chat, steady_time now);

  /// A message to this chat is over. It may have arrived just now, so the next
  /// keeps its distance from here: however unevenly messages travel, no second
  /// at the other side sees more than the limit.
  void answered(const std::string& chat, steady_time now);

  [[nodiscard]] std::size_t known_chats() const noexcept {
    return chats_.size();
  }

private:
  void forget_idle(steady_time now);

  double per_chat_ = 1;
  token_bucket second_;
  token_bucket minute_;
  std::map<std::string, token_bucket> chats_;
};

} // namespace telltale

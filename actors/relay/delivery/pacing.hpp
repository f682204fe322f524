#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

namespace telltale {

using steady_time = std::chrono::steady_clock::time_point;

/// How fast a target may be spoken to; 0: no limit.
struct send_limits {
  double per_chat = 0;         ///< messages a second to one chat
  double per_group_minute = 0; ///< messages a minute to one group
  double per_app = 0;          ///< messages a second in all
  double per_app_minute = 0;   ///< messages a minute in all
  std::size_t in_flight = 16;  ///< sends under way at once
  /// The limit is the other side's and holds for arrivals: a message counts
  /// from its answer, the latest moment at which it can have arrived. Else it
  /// counts from its start.
  bool from_answer = true;

  bool operator==(const send_limits&) const = default;
};

/// At most so many messages in any window of a length: exact, so all of a limit
/// can be used, and no window holds more. Pure: it is told the time.
class send_window {
public:
  send_window() = default; ///< without a limit
  /// `amount` messages in `window`; 0: no limit. A rate below one message in a
  /// window, or with a fraction, is kept by another window of the same rate.
  send_window(double amount, std::chrono::milliseconds window);

  /// How long until one more may start; zero: now. While all places are held by
  /// messages without an answer: the whole window, an answer comes before.
  [[nodiscard]] std::chrono::milliseconds wait(steady_time now) const;

  void start();                    ///< a message is under way
  void counts_from(steady_time t); ///< one that is under way is counted from t
  /// Nobody would notice if it were forgotten.
  [[nodiscard]] bool is_idle(steady_time now) const;

private:
  [[nodiscard]] std::size_t counted(steady_time now) const;

  std::size_t most_ = 0; ///< 0: no limit
  steady_time::duration window_{};
  std::size_t under_way_ = 0;
  std::deque<steady_time> times_; ///< ascending, at most `most_`
};

/// The limits of a target, kept in every window.
class pacer {
public:
  pacer() = default;
  explicit pacer(const send_limits& limits);

  /// How long this chat must wait. An empty chat is bound by the app alone.
  [[nodiscard]] std::chrono::milliseconds wait(const std::string& chat,
                                               steady_time now) const;
  void start(const std::string& chat, steady_time now);

  /// A message to this chat is over, whatever became of it.
  void answered(const std::string& chat, steady_time now);

  [[nodiscard]] std::size_t known_chats() const noexcept {
    return chats_.size();
  }

private:
  struct chat_windows {
    send_window second;
    send_window minute;
  };

  void forget_idle(steady_time now);
  template <class F> void each_window(const std::string& chat, F visit);

  send_limits limits_;
  send_window second_;
  send_window minute_;
  std::map<std::string, chat_windows> chats_; ///< those lately sent to
};

} // namespace telltale

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>

namespace telltale::commands {

/// A limit of a chat's API: at most `most` messages in any span of `within`.
struct sink_limit {
  enum class scope : std::uint8_t {
    chat,  ///< of each chat
    group, ///< of each chat that is a group (Telegram's: a negative number)
    app,   ///< of all chats together
  };
  std::string_view relay; ///< empty: of every kind of chat
  scope per = scope::chat;
  std::uint32_t most = 0;
  std::chrono::milliseconds within{0};
  /// Who breaks it is refused for so long (DingTalk); zero: only until the
  /// span has room again.
  std::chrono::milliseconds shut_out{0};
};

/// What each chat's documentation says (docs/relays.md names it); Octo's
/// documents none, so Telltale's own stand in. Webhooks have none.
[[nodiscard]] std::span<const sink_limit> real_limits() noexcept;

/// Counts messages against limits. Pure: it is told the time. Its memory is
/// bounded: a chat that was quiet for as long as its limits look back is
/// forgotten.
class sink_limiter {
public:
  using moment = std::chrono::steady_clock::time_point;

  /// A limit that a message would break, and when it would not.
  struct refusal {
    sink_limit::scope per = sink_limit::scope::chat;
    std::uint32_t most = 0;
    std::chrono::milliseconds wait{0};
  };

  /// `per_second`: one more limit for each chat, of any kind; 0: none.
  sink_limiter(bool real, std::uint32_t per_second);

  /// Counts a message, unless it would break a limit: then nothing is counted
  /// but the refusal. Of several limits, the one that lasts longest.
  [[nodiscard]] std::optional<refusal>
  admit(const std::string& relay, const std::string& chat, moment now);

  /// The limits in force, with how many messages each refused.
  [[nodiscard]] boost::json::array list() const;

  [[nodiscard]] std::uint64_t refused(std::string_view relay) const;
  [[nodiscard]] std::size_t windows() const noexcept { return windows_.size(); }

private:
  /// The messages of one chat or app that one limit still counts.
  struct window {
    std::deque<moment> taken;
    moment shut_until{};
  };
  struct rule {
    sink_limit limit;
    std::map<std::string, std::uint64_t> refused; ///< by kind of chat
  };

  void forget_quiet(moment now);

  std::vector<rule> rules_;
  std::map<std::string, window> windows_; ///< by rule, kind and chat
};

} // namespace telltale::commands

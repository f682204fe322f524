#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "messages/error.hpp"
#include "messages/readiness.hpp"

namespace telltale {

/// What is known of the database, and what an operator is told of it: one line
/// when something goes wrong, one when it is over, however often it shows
/// itself in between. Pure: it is told the time.
class database_condition {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  /// How long a question may wait before the database counts as one that does
  /// not answer.
  static constexpr std::chrono::milliseconds patience{1000};
  /// How long it may wait before an operator is told: what is shorter is a
  /// machine that is busy.
  static constexpr std::chrono::milliseconds patience_of_log{2000};
  /// How long no statement may have been refused for want of room before the
  /// database counts as one that has some.
  static constexpr std::chrono::seconds quiet{3};

  struct line {
    bool good = false; ///< it is over; false: something is wrong
    std::string text;

    bool operator==(const line&) const = default;
  };

  /// `known` is what the start has seen.
  explicit database_condition(store_checked known = {})
      : known_{database_state::answers, std::move(known), {}} {}

  /// It answered a question. `tried_write`: a few MB could be written.
  std::optional<line> answered(time_point now, store_checked answer,
                               bool tried_write);
  /// A question ended in an error.
  std::optional<line> failed(time_point now, ec code,
                             const std::string& circumstances);
  /// A question waits since `asked`, and may no longer.
  std::optional<line> waits(time_point now, time_point asked);
  /// A statement elsewhere found no room.
  std::optional<line> refused(time_point now, const std::string& sqlstate);

  [[nodiscard]] const readiness_read& known() const noexcept { return known_; }
  [[nodiscard]] bool stalled() const noexcept {
    return known_.state == database_state::not_answering;
  }
  [[nodiscard]] bool full() const noexcept {
    return known_.state == database_state::full;
  }

private:
  /// Takes a state over; a line unless this outage has told it already.
  std::optional<line> enter(database_state state, time_point since,
                            std::string explanation, bool tell = true);

  readiness_read known_;
  std::set<database_state> told_; ///< what the log says of this outage
  time_point since_{};            ///< of the state that is not good
  time_point last_refused_{};     ///< for want of room
};

/// What an operator can do about a want of room, by SQLSTATE.
[[nodiscard]] std::string explain_shortage(const std::string& sqlstate);

} // namespace telltale

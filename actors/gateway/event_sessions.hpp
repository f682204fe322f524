#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/gateway/edge/access.hpp"
#include "http/server.hpp"
#include "messages/counters.hpp"
#include "messages/event.hpp"

namespace telltale {

/// One event as server-sent events spell it.
[[nodiscard]] std::string sse_frame(const published_event& event);

/// Open event streams and where each of them stands. A session is fed history
/// until it has caught up, and what comes from then on; positions make sure
/// that it sees nothing twice and misses nothing. One that does not read fast
/// enough gets nothing more until it has taken what it was sent, and is then
/// fed history again: what waits for it is bounded by `most_unsent` and an
/// event. Belongs to one actor.
class event_sessions {
public:
  using key = std::uint64_t;

  /// A session with more than this to take is written to no more.
  static constexpr std::size_t most_unsent = 262'144;
  static_assert(most_unsent > http::stream::writable_below);
  static constexpr std::uint32_t first_page = 100; ///< events
  static constexpr std::uint32_t largest_page = 500;

  /// History that a session needs: up to `limit` events after a position.
  struct page {
    key session = 0;
    std::int64_t after = 0;
    std::uint32_t limit = first_page;

    bool operator==(const page&) const = default;
  };

  event_sessions() = default;
  event_sessions(const event_sessions&) = delete;
  event_sessions& operator=(const event_sessions&) = delete;
  ~event_sessions();

  /// Where the number of sessions goes, whenever it changes.
  void observe(counter_board_ptr counters);

  /// The key of the session that is opened next.
  [[nodiscard]] key next_key() const noexcept { return last_key_ + 1; }

  /// A new stream after `position`; unless `live`, it needs this history.
  /// `token`: whose it is (`principal::token`).
  std::optional<page> open(std::shared_ptr<http::stream> out,
                           std::int64_t position, bool live,
                           std::uint64_t token = 0);

  /// What comes: sent to those who have caught up. Returns how many are left.
  std::size_t publish(const std::vector<published_event>& events);

  /// A page of history for one session, whose newest position was `newest` when
  /// it was read. Returns the next page; nothing: it has caught up, or is gone,
  /// or has to take what it was sent (`resume`).
  std::optional<page> replay(key session,
                             const std::vector<published_event>& events,
                             std::int64_t newest);

  /// A session has room again. Returns the history that it needs now.
  std::optional<page> resume(key session);

  /// Every live stream has to be fed history from now on, and gets these:
  /// events were missed.
  [[nodiscard]] std::vector<page> stall();

  /// Do these events, or what has been published up to `newest`, leave out some
  /// that were not heard of?
  [[nodiscard]] bool leaves_gap(const events_published& news) const noexcept;
  [[nodiscard]] bool leaves_gap(std::int64_t newest) const noexcept {
    return newest > seen_;
  }

  /// A comment to everybody, so that proxies and clients see life.
  void beat();

  /// Its client has gone. Says where the session stood if that was because the
  /// client took nothing for too long.
  struct stalled {
    std::int64_t position = 0;
    std::size_t unsent = 0;
  };
  std::optional<stalled> forget(key session);

  /// Ends one stream.
  void close(key session);

  /// Ends those whose token is none any more.
  void revoke(const access_rules& rules);

  /// Ends every stream.
  void close_all();

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  [[nodiscard]] std::int64_t seen() const noexcept { return seen_; }
  void note_newest(std::int64_t position);

private:
  enum class state : std::uint8_t {
    live,    ///< has caught up
    reading, ///< a page of history is on its way
    lagging, ///< has too much to take
  };
  struct session {
    std::shared_ptr<http::stream> out;
    std::int64_t position = 0; ///< of the event written last
    state is = state::reading;
    std::uint32_t limit = first_page; ///< of its next page
    std::uint64_t token = 0;          ///< whose it is
  };

  /// False: it is gone and must be forgotten.
  static bool write(session& to, const published_event& event,
                    const std::string& frame);
  [[nodiscard]] static bool is_full(const session& to) {
    return to.out->unsent() >= most_unsent;
  }
  void count() const;

  std::map<key, session> sessions_;
  counter_board_ptr counters_; ///< may be null
  key last_key_ = 0;
  std::int64_t seen_ = 0; ///< highest position heard of
};

} // namespace telltale

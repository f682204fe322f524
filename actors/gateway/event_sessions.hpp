#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.hpp"
#include "messages/event.hpp"

namespace telltale {

/// One event as server-sent events spell it.
[[nodiscard]] std::string sse_frame(const published_event& event);

/// Open event streams and where each of them stands. A session is fed history
/// until it has caught up, and what comes from then on; positions make sure
/// that it sees nothing twice and misses nothing. Belongs to one actor.
class event_sessions {
public:
  using key = std::uint64_t;

  /// A new stream after `position`; history has to be fetched unless `live`.
  key open(std::shared_ptr<http::stream> out,
           std::shared_ptr<std::atomic<bool>> gone, std::int64_t position,
           bool live);

  /// What comes: sent to those who have caught up. Returns how many are left.
  std::size_t publish(const std::vector<published_event>& events);

  /// A page of history for one session, whose newest position was `newest` when
  /// it was read. Returns from where to fetch on; -1: caught up, or gone.
  std::int64_t replay(key session, const std::vector<published_event>& events,
                      std::int64_t newest);

  /// Where every live stream stands, as from now on each has to be fed history:
  /// events were missed.
  [[nodiscard]] std::vector<std::pair<key, std::int64_t>> stall();

  /// Do these events, or what has been published up to `newest`, leave out some
  /// that were not heard of? Positions ascend by one.
  [[nodiscard]] bool leaves_gap(const std::vector<published_event>& events,
                                std::int64_t newest) const noexcept;

  /// A comment to everybody, so that proxies and clients see life.
  void beat();

  /// Ends one stream.
  void close(key session);

  /// Ends every stream.
  void close_all();

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  [[nodiscard]] std::int64_t seen() const noexcept { return seen_; }
  void note_newest(std::int64_t position);

private:
  struct session {
    std::shared_ptr<http::stream> out;
    std::shared_ptr<std::atomic<bool>> gone;
    std::int64_t position = 0;
    bool live = false;
  };

  /// False: it is gone and must be forgotten.
  static bool write(session& to, const published_event& event,
                    const std::string& frame);

  std::map<key, session> sessions_;
  key last_key_ = 0;
  std::int64_t seen_ = 0; ///< highest position heard of
};

} // namespace telltale

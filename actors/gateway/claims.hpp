#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/gateway/reply.hpp"
#include "messages/store.hpp"

namespace telltale {

/// A claim that found nothing and waits.
struct parked_claim {
  pending_reply_ptr reply;
  claim_tasks what; ///< `kinds` sorted
  std::chrono::steady_clock::time_point deadline;
  std::uint64_t ticket = 0; ///< by arrival: who asks again keeps its place
};

/// Long polls in order of arrival, by the kinds of task that they take. Pure
/// bookkeeping: whoever is woken is handed out and asks the store again.
/// Belongs to one actor.
class claim_line {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The place of a claim that has just come.
  [[nodiscard]] std::uint64_t next_ticket() noexcept { return ++tickets_; }

  void park(parked_claim claim);

  /// The claim of a client that has gone, if it waits here.
  [[nodiscard]] std::optional<parked_claim>
  leave(const pending_reply_ptr& reply);

  /// Something may be claimable: the first `count` of each group of kinds that
  /// takes `kind` (empty: every group).
  [[nodiscard]] std::vector<parked_claim> wake(std::size_t count,
                                               const std::string& kind = {});

  /// Something will be claimable later: whoever asks right now asks again.
  void touch() noexcept { ++epoch_; }

  /// One of a group was served: the next one may be, too.
  [[nodiscard]] std::optional<parked_claim>
  next_like(const std::vector<std::string>& kinds);

  /// Those whose time is over.
  [[nodiscard]] std::vector<parked_claim> expire(time_point now);

  /// Everybody, for a shutdown.
  [[nodiscard]] std::vector<parked_claim> drain();

  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Counts wakes: a claim whose question to the store is older than the last
  /// wake asks once more before it parks.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

private:
  std::map<std::vector<std::string>, std::deque<parked_claim>> groups_;
  std::size_t size_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t tickets_ = 0;
};

} // namespace telltale

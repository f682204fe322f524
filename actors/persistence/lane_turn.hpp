#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "messages/protocols.hpp"

namespace telltale {

/// Lets lanes that have little to write go one after another. Two transactions
/// of a few reports each wait for one another at the row of positions, and cost
/// PostgreSQL twice what one of both costs (docs/adr/0005). Who waits goes
/// before who was under way just now.
///
/// Thread-safe; shared among the lanes of one service.
class lane_turn : public std::enable_shared_from_this<lane_turn> {
public:
  /// Under way while it lives. Keeps the turn alive.
  class hold {
  public:
    explicit hold(std::shared_ptr<lane_turn> turn) : turn_(std::move(turn)) {}
    hold(const hold&) = delete;
    hold& operator=(const hold&) = delete;
    ~hold() { turn_->done(); }

  private:
    std::shared_ptr<lane_turn> turn_;
  };

  /// Null if another lane is under way or waits before it: `who` gets
  /// `flush_reports` when it is its turn. One that `insists` goes at once, past
  /// a lane that was called and did not come.
  [[nodiscard]] std::unique_ptr<hold> take(const report_store_actor& who,
                                           bool insists);

private:
  void done();

  std::mutex mutex_;
  std::size_t under_way_ = 0;
  std::deque<report_store_actor> waiting_; ///< each once, first come first
};

} // namespace telltale

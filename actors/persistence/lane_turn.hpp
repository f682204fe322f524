#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "messages/protocols.hpp"

namespace telltale {

/// Lets lanes that have little to write go one after another. Two transactions
/// of a few reports each wait for one another at the row of positions, and cost
/// PostgreSQL twice what one of both costs (docs/adr/0005).
///
/// Thread-safe; shared among the lanes of one service.
class lane_turn : public std::enable_shared_from_this<lane_turn> {
public:
  /// Under way while it lives. Keeps the turn alive.
  class hold {
  public:
    explicit hold(std::shared_ptr<lane_turn> turn) : turn_(std::move(turn)) {}
    hold(hold&&) noexcept = default;
    hold& operator=(hold&&) = delete;
    ~hold() {
      if (turn_)
        turn_->done();
    }

  private:
    std::shared_ptr<lane_turn> turn_;
  };

  /// Null if another lane is under way: `who` gets `flush_reports` when that is
  /// done. One that `insists` goes beside it.
  [[nodiscard]] std::unique_ptr<hold> take(const report_store_actor& who,
                                           bool insists);

private:
  void done();

  std::mutex mutex_;
  std::size_t under_way_ = 0;
  std::vector<report_store_actor> waiting_; ///< each once
};

} // namespace telltale

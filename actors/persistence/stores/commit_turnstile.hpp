#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "messages/protocols.hpp"

namespace telltale {

/// Lets writers that have little to write go one after another. Two
/// transactions of a few reports each wait for one another at the row of
/// positions, and cost PostgreSQL twice what one of both costs (docs/adr/0005).
/// Who waits goes before who was under way just now.
///
/// Thread-safe; shared among the writers of one service.
class commit_turnstile : public std::enable_shared_from_this<commit_turnstile> {
public:
  /// Under way while it lives. Keeps the turn alive.
  class permit {
  public:
    explicit permit(std::shared_ptr<commit_turnstile> turn)
        : turn_(std::move(turn)) {}
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    ~permit() { turn_->done(); }

  private:
    std::shared_ptr<commit_turnstile> turn_;
  };

  /// Null if another writer is under way or waits before it: `who` gets
  /// `flush_reports` when it is its turn. One that `bypass` goes at once, past
  /// a writer that was called and did not come.
  [[nodiscard]] std::unique_ptr<permit> take(const report_store_actor& who,
                                             bool bypass);

private:
  void done();

  std::mutex mutex_;
  std::size_t under_way_ = 0;
  std::deque<report_store_actor> waiting_; ///< each once, first come first
};

} // namespace telltale

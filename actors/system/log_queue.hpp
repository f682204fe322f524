#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace telltale {

struct log_queue_options {
  std::size_t most_lines = 8'192;
  std::size_t most_bytes = 4'194'304;
  /// Pure: the line that tells how many lines are missing; null: none.
  std::string (*gap_line)(std::uint64_t) = nullptr;
};

/// Lines on their way to a descriptor, written by a thread of their own, so
/// that nobody who logs ever waits for whoever reads the log. If nobody reads,
/// the oldest lines give way to the newest and are counted; once it flows
/// again, one line in their place tells how many are missing.
///
/// A pipe is written in pieces that fit into it, so the thread itself
/// stays free to end. Any thread may call everything.
class log_queue {
public:
  /// Starts the thread. `descriptor` stays the caller's.
  log_queue(int descriptor, log_queue_options options);
  /// Closes it with a short patience.
  ~log_queue();
  log_queue(const log_queue&) = delete;
  log_queue& operator=(const log_queue&) = delete;

  /// Takes a line that ends in a line feed. Never waits for the descriptor.
  void push(std::string line);

  /// Lines that were lost so far.
  [[nodiscard]] std::uint64_t dropped() const;

  /// Waits until all is written, at most so long. False: something is left.
  bool flush(std::chrono::milliseconds patience);

  /// Flushes, then ends the thread. What comes later is dropped.
  void close(std::chrono::milliseconds patience);

private:
  struct shared;
  std::shared_ptr<shared> shared_; ///< the thread has a share of it
};

} // namespace telltale

#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>

namespace telltale {

/// Thrown by what waits, once it is told to stop waiting.
struct interrupted : std::exception {
  [[nodiscard]] const char* what() const noexcept override {
    return "told to stop";
  }
};

inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested())
    throw interrupted{};
}

/// Sleeps; ends at once with `interrupted` if told to stop.
inline void pause_unless_stopped(const std::stop_token& stop,
                                 std::chrono::milliseconds time) {
  std::mutex guard;
  std::condition_variable_any never;
  std::unique_lock lock{guard};
  never.wait_for(lock, stop, time, [] { return false; });
  throw_if_stopped(stop);
}

} // namespace telltale

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

namespace telltale::commands {

/// Things to do, now or later, all on the thread that calls `run`.
class agenda {
public:
  using clock = std::chrono::steady_clock;
  using work = std::function<void()>;

  /// Any thread.
  void post(work what) {
    {
      std::lock_guard hold{guard_};
      ready_.push_back(std::move(what));
    }
    woken_.notify_one();
  }

  /// The running thread alone.
  void after(std::chrono::milliseconds delay, work what) {
    later_.emplace(clock::now() + delay, std::move(what));
  }

  /// Works until `is_over` says so; it is asked after every piece of work.
  void run(const std::function<bool()>& is_over) {
    while (!is_over()) {
      if (!later_.empty() && later_.begin()->first <= clock::now()) {
        auto what = std::move(later_.begin()->second);
        later_.erase(later_.begin());
        what();
        continue;
      }
      std::unique_lock hold{guard_};
      auto until = later_.empty() ? clock::now() + std::chrono::seconds{1}
                                  : later_.begin()->first;
      woken_.wait_until(hold, until, [&] { return !ready_.empty(); });
      auto taken = std::move(ready_);
      ready_.clear();
      hold.unlock();
      for (auto& what : taken)
        what();
    }
  }

private:
  std::mutex guard_; ///< of ready_
  std::condition_variable woken_;
  std::deque<work> ready_;
  std::multimap<clock::time_point, work> later_;
};

} // namespace telltale::commands

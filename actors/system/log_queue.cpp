#include "actors/system/log_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace telltale {

namespace {

using namespace std::chrono_literals;

/// A pipe that poll calls writable takes this much.
constexpr std::size_t piece = 4096;
/// How long to leave a descriptor alone that fails: a full disk, say.
constexpr auto pause_after_error = 200ms;

} // namespace

struct log_queue::shared {
  int descriptor;
  log_queue_options options;
  int stop = -1; ///< an eventfd: readable once the thread must end

  std::mutex guard;
  std::condition_variable news;    ///< for the thread
  std::condition_variable written; ///< for those who flush
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dropped_told = 0;
  bool writing = false; ///< the thread holds lines that are not out yet
  bool closed = false;
  bool ended = false; ///< the thread is done

  std::thread thread;

  shared(int fd, log_queue_options given)
      : descriptor(fd), options(std::move(given)),
        stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (stop < 0)
      throw std::system_error{errno, std::generic_category(),
                              "cannot make an eventfd"};
  }
  shared(const shared&) = delete;
  shared& operator=(const shared&) = delete;
  ~shared() { ::close(stop); }

  /// False: the thread must end.
  [[nodiscard]] bool wait_writable(std::chrono::milliseconds pause) const {
    pollfd both[] = {{stop, POLLIN, 0}, {descriptor, POLLOUT, 0}};
    if (pause > 0ms) {
      ::poll(both, 1, static_cast<int>(pause.count()));
      return both[0].revents == 0;
    }
    while (::poll(both, 2, -1) < 0 && errno == EINTR)
      continue;
    return both[0].revents == 0;
  }

  /// False: the thread must end.
  [[nodiscard]] bool write_all(std::string_view text) const {
    while (!text.empty()) {
      if (!wait_writable(0ms))
        return false;
      const auto put =
          ::write(descriptor, text.data(), std::min(text.size(), piece));
      if (put > 0)
        text.remove_prefix(static_cast<std::size_t>(put));
      else if (put < 0 && errno != EINTR && errno != EAGAIN) {
        if (errno == EPIPE || errno == EBADF)
          return true; // nobody will ever read it
        if (!wait_writable(pause_after_error))
          return false;
      }
    }
    return true;
  }

  /// What there is, with a line about what is missing before it. The caller
  /// holds the lock.
  std::string take() {
    std::string batch;
    if (dropped != dropped_told && options.gap_line)
      batch = options.gap_line(dropped - dropped_told);
    dropped_told = dropped;
    // Few at a time: what has been taken cannot give way any more.
    while (!lines.empty() && batch.size() < 4 * piece) {
      bytes -= lines.front().size();
      batch += lines.front();
      lines.pop_front();
    }
    return batch;
  }

  void run() {
    std::unique_lock lock{guard};
    for (;;) {
      news.wait(lock, [&] { return closed || !lines.empty(); });
      if (lines.empty())
        break;
      const auto batch = take();
      writing = true;
      lock.unlock();
      const bool more = write_all(batch);
      lock.lock();
      writing = false;
      if (lines.empty() || !more)
        written.notify_all();
      if (!more)
        break;
    }
    ended = true;
    written.notify_all();
  }
};

log_queue::log_queue(int descriptor, log_queue_options options)
    : shared_(std::make_shared<shared>(descriptor, std::move(options))) {
  shared_->thread = std::thread{[all = shared_] { all->run(); }};
}

log_queue::~log_queue() {
  close(200ms);
}

void log_queue::push(std::string line) {
  auto& all = *shared_;
  {
    const std::scoped_lock lock{all.guard};
    if (all.closed) {
      ++all.dropped;
      return;
    }
    all.bytes += line.size();
    all.lines.push_back(std::move(line));
    while (all.lines.size() > all.options.most_lines
           || (all.bytes > all.options.most_bytes && all.lines.size() > 1)) {
      all.bytes -= all.lines.front().size();
      all.lines.pop_front();
      ++all.dropped;
    }
  }
  all.news.notify_one();
}

std::uint64_t log_queue::dropped() const {
  const std::scoped_lock lock{shared_->guard};
  return shared_->dropped;
}

bool log_queue::flush(std::chrono::milliseconds patience) {
  auto& all = *shared_;
  std::unique_lock lock{all.guard};
  const auto is_done = [&] {
    return all.ended || (all.lines.empty() && !all.writing);
  };
  return all.written.wait_for(lock, patience, is_done) && all.lines.empty();
}

void log_queue::close(std::chrono::milliseconds patience) {
  auto& all = *shared_;
  static_cast<void>(flush(patience));
  {
    const std::scoped_lock lock{all.guard};
    if (std::exchange(all.closed, true))
      return;
  }
  all.news.notify_all();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(all.stop, &one, sizeof one);
  {
    // A write may still block: another process can fill the pipe between poll
    // and write. Such a thread is left behind; it holds its own share.
    std::unique_lock lock{all.guard};
    if (!all.written.wait_for(lock, patience, [&] { return all.ended; })) {
      all.thread.detach();
      return;
    }
  }
  all.thread.join();
}

} // namespace telltale

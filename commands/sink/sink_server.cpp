#include "commands/sink/sink_server.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>

#include "http/server.hpp"

namespace telltale::commands {

namespace {

using clock = std::chrono::steady_clock;

/// More than a stream may have unsent.
constexpr std::size_t cutting_bytes = http::stream::most_unsent + 1;

constexpr std::chrono::milliseconds before_cut{20};

/// Requests without an answer, for as long as their clients may wait.
constexpr std::size_t most_kept = 10'000;

constexpr std::chrono::milliseconds before_next_bind{100};

http::response refused(http::refusal why) {
  http::response answer;
  answer.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  switch (why) {
  case http::refusal::malformed:
    answer.status = 400;
    break;
  case http::refusal::headers_too_large:
    answer.status = 431;
    break;
  case http::refusal::body_too_large:
    answer.status = 413;
    break;
  case http::refusal::timed_out:
    answer.status = 408;
    break;
  case http::refusal::too_many_connections:
  case http::refusal::too_much_at_once:
    answer.status = 503;
    break;
  case http::refusal::abandoned:
    answer.status = 500;
    break;
  }
  answer.body = std::string{http::reason_phrase(answer.status)} + "\n";
  return answer;
}

http::server_options options_for(const std::string& listen) {
  http::server_options options;
  options.listen = listen;
  return options;
}

/// Gives answers when their time has come.
class late_answers {
public:
  late_answers()
      : worker_([this](const std::stop_token& stop) { work(stop); }) {}

  void add(clock::time_point when, std::function<void()> what) {
    {
      const std::lock_guard lock{guard_};
      if (!stopped_)
        waiting_.emplace(when, std::move(what));
    }
    changed_.notify_one();
  }

  /// Lets go of all that was not answered, while their server is still there.
  void stop() {
    worker_.request_stop();
    worker_.join();
    const std::lock_guard lock{guard_};
    stopped_ = true;
    waiting_.clear();
    kept_.clear();
  }

  /// Not answered, and not let go either, until very many more have come.
  void keep(std::shared_ptr<void> what) {
    std::shared_ptr<void> oldest; // let go without the lock
    const std::lock_guard lock{guard_};
    if (stopped_)
      return;
    kept_.push_back(std::move(what));
    if (kept_.size() > most_kept) {
      oldest = std::move(kept_.front());
      kept_.pop_front();
    }
  }

private:
  void work(const std::stop_token& stop) {
    std::unique_lock lock{guard_};
    while (!stop.stop_requested()) {
      if (waiting_.empty()) {
        changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        continue;
      }
      const auto first = waiting_.begin();
      if (const auto when = first->first; clock::now() < when) {
        changed_.wait_until(lock, stop, when, [this, when] {
          return !waiting_.empty() && waiting_.begin()->first < when;
        });
        continue;
      }
      auto due = std::move(first->second);
      waiting_.erase(first);
      lock.unlock();
      due();
      lock.lock();
    }
  }

  std::mutex guard_; ///< of all below
  bool stopped_ = false;
  std::condition_variable_any changed_;
  std::multimap<clock::time_point, std::function<void()>> waiting_;
  std::deque<std::shared_ptr<void>> kept_;
  std::jthread worker_; ///< last: it uses all above
};

} // namespace

class sink_server::impl {
public:
  impl(const std::string& listen, sink_options options,
       std::function<void(const sink_message&)> on_message)
      : chat(options, std::move(on_message)), address(listen) {
    open();
    // The same port again, should any have been asked for.
    address = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
  }

  ~impl() { late.stop(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void open() {
    server.emplace(
        options_for(address),
        [this](http::request&& what, http::exchange_ptr to) {
          serve(what, std::move(to));
        },
        refused);
    port = server->port();
    server->start();
  }

  /// On the thread of late answers: it closes the port, cutting what is open,
  /// and opens it again.
  void close_for(std::chrono::milliseconds time) {
    server.reset();
    late.add(clock::now() + time, [this] { reopen(); });
  }

  void reopen() {
    if (server)
      return;
    try {
      open();
    } catch (const std::system_error&) {
      late.add(clock::now() + before_next_bind, [this] { reopen(); });
    }
  }

  void serve(const http::request& what, http::exchange_ptr to) {
    auto answer = chat.answer(what);
    using fate = sink_answer::fate;
    switch (answer.end) {
    case fate::never:
      late.keep(std::move(to));
      return;
    case fate::half:
      late.keep(begun(*to, answer.what));
      return;
    case fate::cut: {
      // Once the answer has begun, so that no client takes it for a connection
      // that was closed while idle. A stream whose client falls behind has its
      // connection cut; one that is let go would end in order.
      auto stream = begun(*to, answer.what);
      late.add(clock::now() + before_cut,
               [stream] { stream->write(std::string(cutting_bytes, ' ')); });
      late.keep(std::move(stream));
      return;
    }
    case fate::answered:
      break;
    }
    if (answer.closed_for.count() > 0)
      late.add(clock::now() + before_cut,
               [this, time = answer.closed_for] { close_for(time); });
    if (answer.delay.count() > 0)
      late.add(clock::now() + answer.delay,
               [to = std::move(to), what = std::move(answer.what)]() mutable {
                 to->respond(std::move(what));
               });
    else
      to->respond(std::move(answer.what));
  }

  /// An answer that has begun and does not go on.
  static std::shared_ptr<http::stream> begun(http::exchange& to,
                                             const http::response& what) {
    http::response start;
    start.headers = what.headers;
    auto stream = to.open_stream(std::move(start), {});
    stream->write(what.body.substr(0, what.body.size() / 2));
    return stream;
  }

  sink_chat chat;
  std::string address;
  std::uint16_t port = 0;
  late_answers late;
  std::optional<http::server> server; ///< none while the port is closed
};

sink_server::sink_server(const std::string& listen, sink_options options,
                         std::function<void(const sink_message&)> on_message)
    : impl_(std::make_unique<impl>(listen, options, std::move(on_message))) {}

sink_server::~sink_server() = default;

std::uint16_t sink_server::port() const {
  return impl_->port;
}

sink_chat& sink_server::chat() noexcept {
  return impl_->chat;
}

} // namespace telltale::commands

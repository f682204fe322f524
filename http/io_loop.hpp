#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/body_bounds.hpp"
#include "http/server.hpp"

namespace telltale::http {

class session;
struct stream_state;

/// What all threads of one server share.
struct server_core {
  server_options options;
  server::handler on_request;
  server::refuser on_refusal;
  body_bounds bodies;

  /// Connections that are open, refused and closing ones included.
  std::atomic<std::size_t> connections{0};
  std::mutex mutex;
  std::condition_variable all_closed;

  void connection_closed();
};

/// What a connection waits for; each has one duration, so that each list of
/// waiting connections is ordered by itself.
enum class wait_kind : std::uint8_t {
  nothing, ///< an answer is owed: no deadline
  header,
  body,
  idle,
  linger, ///< answered and closing; the client's bytes are thrown away
};
inline constexpr std::size_t wait_kinds = 5;

/// One thing that another thread asks of a connection.
struct loop_task {
  enum class kind : std::uint8_t {
    answer,
    abandoned,
    open_stream,
    stream,
    watch
  };
  kind what = kind::answer;
  std::shared_ptr<session> to;
  std::uint64_t sequence = 0; ///< which request of the connection
  response body;
  std::shared_ptr<stream_state> stream;
};

/// One io thread of a server: its loop, its connections, their deadlines, and
/// the tasks that other threads leave for them.
///
/// All but `deliver`, `post` and `stop` belongs to the loop's own thread.
class io_loop {
public:
  using clock = std::chrono::steady_clock;
  struct wait {
    std::shared_ptr<session> who;
    clock::time_point until;
  };
  using wait_list = std::list<wait>;

  explicit io_loop(std::shared_ptr<server_core> core);
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  [[nodiscard]] server_core& core() { return *core_; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  void start(); ///< starts the thread
  /// Cuts all connections and ends the thread. Any other thread.
  void stop();

  /// True on the loop's own thread.
  [[nodiscard]] bool here() const;

  /// Hands tasks over: at once on this thread, else with one wake-up for all
  /// that come before the loop looks. Tasks for a stopped loop are dropped. Any
  /// thread.
  void deliver(loop_task&& one);
  void deliver(std::vector<loop_task>&& many);

  /// Runs `work` when all that this turn brought has been handled.
  void at_turn_end(std::function<void()> work);

  /// Takes a connection into the books and out of them.
  wait_list::iterator enter(std::shared_ptr<session> who);
  void leave(wait_list::iterator at, wait_kind kind);
  /// Starts another wait for a connection.
  void move(wait_list::iterator at, wait_kind from, wait_kind to);

  /// Watches a write: one that makes no progress for `body_timeout` is cut.
  wait_list::iterator watch_write(std::shared_ptr<session> who);
  void write_moved(wait_list::iterator at);
  void write_done(wait_list::iterator at);

  /// Has something to send; it does at the end of the turn.
  void mark(std::shared_ptr<session> dirty);

  /// Sends each connection on its way out (see `server::drain`).
  void begin_drain();
  [[nodiscard]] bool draining() const { return draining_; }
  /// True once all was cut: a connection that arrives now is not taken.
  [[nodiscard]] bool stopped() const { return stopped_; }

  /// The Date header of this second.
  [[nodiscard]] std::string_view date();

private:
  void run();
  void wake();
  void take_mail();
  void open(loop_task&& one);
  void end_turn();
  void flush_marked();
  void arm_ticker();
  void tick();
  void cut_all();
  std::vector<std::shared_ptr<session>> everyone() const;

  std::shared_ptr<server_core> core_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_;
  boost::asio::steady_timer ticker_;
  std::thread thread_;

  std::array<wait_list, wait_kinds> waits_;
  std::array<clock::duration, wait_kinds> durations_{};
  wait_list writes_;
  clock::duration granularity_{};
  bool ticking_ = false;
  bool draining_ = false;
  bool stopped_ = false;

  std::vector<std::shared_ptr<session>> marked_;
  bool will_flush_ = false; ///< somebody will call `flush_marked`
  std::vector<std::function<void()>> turn_end_;
  bool turn_end_posted_ = false;

  std::int64_t date_second_ = 0;
  std::string date_;

  std::mutex mail_mutex_;
  std::vector<loop_task> tasks_; ///< guarded by the mutex
  bool mail_posted_ = false;     ///< guarded by the mutex
  bool mail_closed_ = false;     ///< guarded by the mutex
};

} // namespace telltale::http

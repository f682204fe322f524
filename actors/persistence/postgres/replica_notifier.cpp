#include "actors/persistence/postgres/replica_notifier.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <caf/send.hpp>
#include <poll.h>
#include <pqxx/pqxx>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actors/persistence/postgres/pg_greeting.hpp"
#include "actors/persistence/postgres/pg_sockets.hpp"
#include "messages/exponential_backoff.hpp"
#include "messages/in_process.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_notify = 20ms;
constexpr auto patience_at_end = 500ms;
constexpr auto first_wait = 100ms; // to connect again
constexpr auto longest_wait = 5000ms;
constexpr const char* notify_channel = "telltale_events";
constexpr const char* deliveries_word = "deliveries";

/// Hears the others; our own notifications come back, too, and are skipped.
class notifications final : public pqxx::notification_receiver {
public:
  explicit notifications(pqxx::connection_base& link)
      : pqxx::notification_receiver(link, notify_channel) {}

  void operator()(const std::string& word, int sender) override {
    if (sender == conn().backendpid())
      return;
    notified_ = true;
    deliveries_ = deliveries_ || word == deliveries_word;
  }

  /// Once for however many came together: were there deliveries among them?
  std::optional<bool> take() {
    const bool deliveries = std::exchange(deliveries_, false);
    if (!std::exchange(notified_, false))
      return std::nullopt;
    return deliveries;
  }

private:
  bool notified_ = false;
  bool deliveries_ = false;
};

} // namespace

struct replica_notifier::worker {
  /// Takes a socket out of the list when its connection goes.
  struct listed_socket {
    listed_socket(pg_sockets& all, int socket) : all_(all), socket_(socket) {}
    listed_socket(const listed_socket&) = delete;
    listed_socket& operator=(const listed_socket&) = delete;
    ~listed_socket() { all_.remove(socket_); }

  private:
    pg_sockets& all_;
    int socket_;
  };

  pg_options options;
  replica_listener_handle listener; ///< guarded; null: it has gone
  int wake = -1; ///< an eventfd: notify and stop come through it
  std::atomic<bool> pending{false};
  std::atomic<bool> pending_for_deliveries{false};
  std::atomic<bool> stopping{false};
  pg_sockets sockets; ///< its own, to be cut when it stops
  std::mutex guard;
  std::condition_variable changed;
  bool ended = false; ///< guarded: the thread is done
  std::thread thread;

  ~worker() {
    if (wake >= 0)
      ::close(wake);
  }

  void pass_on(bool deliveries) {
    const std::scoped_lock lock{guard};
    if (listener)
      caf::anon_send(listener, replica_published{deliveries});
  }

  void nudge() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  }

  void drain() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake, &count, sizeof count);
  }

  /// Until somebody notifies, stops us, or the database has a message for us.
  void wait(int database, int milliseconds) const {
    pollfd both[] = {{wake, POLLIN, 0}, {database, POLLIN, 0}};
    ::poll(both, database < 0 ? 1 : 2, milliseconds);
    if ((both[0].revents & POLLIN) != 0)
      drain();
  }

  void pause(std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!stopping) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left <= 0ms)
        return;
      wait(-1, static_cast<int>(left.count()));
    }
  }

  void serve(pqxx::connection& link) {
    notifications others{link};
    while (!stopping) {
      if (pending.exchange(false)) {
        pqxx::nontransaction work{link};
        auto call = std::string{"NOTIFY "} + notify_channel;
        if (pending_for_deliveries.exchange(false))
          call += std::string{", '"} + deliveries_word + "'";
        work.exec(call);
        work.commit();
        pause(pause_after_notify);
      } else {
        wait(link.sock(), -1);
      }
      link.get_notifs();
      if (const auto news = others.take())
        pass_on(*news);
    }
  }

  void run() {
    exponential_backoff waits{first_wait, longest_wait};
    bool was_away = false;
    while (!stopping) {
      try {
        pqxx::connection link{with_limits(options.url)};
        const int socket = link.sock();
        if (!sockets.add(socket))
          break;
        // Out of the list before it is closed, however that comes about.
        const listed_socket listed{sockets, socket};
        waits.reset();
        if (std::exchange(was_away, false)) {
          spdlog::info("listening to other replicas again");
          pending_for_deliveries = true;
          pending = true; // what was sent meanwhile may be lost, both ways
          pass_on(true);
        }
        greet(link, {options.statement_timeout, idle_limit});
        serve(link);
      } catch (const std::exception&) {
        if (!std::exchange(was_away, true) && !stopping)
          spdlog::warn("other replicas are not heard: the connection that "
                       "listens to them is lost");
        pause(waits.next());
      }
    }
    const std::scoped_lock lock{guard};
    ended = true;
    changed.notify_all();
  }
};

replica_notifier::replica_notifier(pg_options options,
                                   replica_listener_handle listener)
    : worker_(std::make_shared<worker>()) {
  worker_->options = std::move(options);
  worker_->listener = std::move(listener);
  worker_->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (worker_->wake < 0)
    throw std::runtime_error{"cannot make an eventfd"};
  worker_->thread = std::thread{[w = worker_] { w->run(); }};
}

replica_notifier::~replica_notifier() {
  worker_->stopping = true;
  worker_->nudge();
  worker_->sockets.cut_all();
  std::unique_lock lock{worker_->guard};
  worker_->listener = nullptr;
  if (worker_->changed.wait_for(lock, patience_at_end,
                                [this] { return worker_->ended; })) {
    lock.unlock();
    worker_->thread.join();
    return;
  }
  // It waits for a server that takes connections and says nothing. libpq gives
  // up in a few seconds; until then the thread has all it needs.
  worker_->thread.detach();
}

void replica_notifier::notify(bool deliveries) noexcept {
  if (deliveries)
    worker_->pending_for_deliveries = true;
  if (!worker_->pending.exchange(true))
    worker_->nudge();
}

} // namespace telltale

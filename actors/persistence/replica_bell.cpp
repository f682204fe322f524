#include "actors/persistence/replica_bell.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <poll.h>
#include <pqxx/pqxx>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actors/persistence/pg_connection.hpp"
#include "actors/persistence/pg_sockets.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;

constexpr auto quiet_after_ring = 20ms;
constexpr auto patience_at_end = 500ms;
constexpr auto first_backoff = 100ms;
constexpr auto last_backoff = 5000ms;
constexpr const char* bell_channel = "telltale_events";
constexpr const char* deliveries_word = "deliveries";

/// Hears the others; our own ringing comes back, too, and is passed over.
class ear final : public pqxx::notification_receiver {
public:
  explicit ear(pqxx::connection_base& link)
      : pqxx::notification_receiver(link, bell_channel) {}

  void operator()(const std::string& word, int sender) override {
    if (sender == conn().backendpid())
      return;
    rang_ = true;
    deliveries_ = deliveries_ || word == deliveries_word;
  }

  /// Once for however many came together: were there deliveries among them?
  std::optional<bool> take() {
    const bool deliveries = std::exchange(deliveries_, false);
    if (!std::exchange(rang_, false))
      return std::nullopt;
    return deliveries;
  }

private:
  bool rang_ = false;
  bool deliveries_ = false;
};

} // namespace

struct replica_bell::worker {
  pg_options options;
  std::function<void(bool)> heard;
  int wake = -1; ///< an eventfd: ring and stop come through it
  std::atomic<bool> rung{false};
  std::atomic<bool> rung_for_deliveries{false};
  std::atomic<bool> stopping{false};
  pg_sockets sockets; ///< its own, to be cut when it stops
  std::mutex guard;
  std::condition_variable changed;
  bool ended = false;     ///< guarded: the thread is done
  bool abandoned = false; ///< guarded: whoever listened has gone
  std::thread thread;

  ~worker() {
    if (wake >= 0)
      ::close(wake);
  }

  void pass_on(bool deliveries) {
    const std::scoped_lock lock{guard};
    if (!abandoned && heard)
      heard(deliveries);
  }

  void nudge() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  }

  void drain() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake, &count, sizeof count);
  }

  /// Until somebody rings, stops us, or the database has a word for us.
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
    ear listener{link};
    while (!stopping) {
      if (rung.exchange(false)) {
        pqxx::nontransaction work{link};
        auto call = std::string{"NOTIFY "} + bell_channel;
        if (rung_for_deliveries.exchange(false))
          call += std::string{", '"} + deliveries_word + "'";
        work.exec(call);
        work.commit();
        pause(quiet_after_ring);
      } else {
        wait(link.sock(), -1);
      }
      link.get_notifs();
      if (const auto news = listener.take())
        pass_on(*news);
    }
  }

  void run() {
    auto backoff = std::chrono::milliseconds{first_backoff};
    bool was_away = false;
    while (!stopping) {
      try {
        pqxx::connection link{with_limits(options.url)};
        const int socket = link.sock();
        if (!sockets.add(socket))
          break;
        // Out of the list before it is closed, however that comes about.
        const std::unique_ptr<pg_sockets, std::function<void(pg_sockets*)>>
            listed{&sockets,
                   [socket](pg_sockets* all) { all->remove(socket); }};
        backoff = first_backoff;
        if (std::exchange(was_away, false)) {
          spdlog::info("listening to other replicas again");
          rung_for_deliveries = true;
          rung = true; // what was rung meanwhile may be lost, both ways
          pass_on(true);
        }
        serve(link);
      } catch (const std::exception&) {
        if (!std::exchange(was_away, true) && !stopping)
          spdlog::warn("other replicas are not heard: the connection that "
                       "listens to them is lost");
        pause(backoff);
        backoff =
            std::min<std::chrono::milliseconds>(2 * backoff, last_backoff);
      }
    }
    const std::scoped_lock lock{guard};
    ended = true;
    changed.notify_all();
  }
};

replica_bell::replica_bell(pg_options options, std::function<void(bool)> heard)
    : worker_(std::make_shared<worker>()) {
  worker_->options = std::move(options);
  worker_->heard = std::move(heard);
  worker_->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (worker_->wake < 0)
    throw std::runtime_error{"cannot make an eventfd"};
  worker_->thread = std::thread{[w = worker_] { w->run(); }};
}

replica_bell::~replica_bell() {
  worker_->stopping = true;
  worker_->nudge();
  worker_->sockets.cut_all();
  std::unique_lock lock{worker_->guard};
  worker_->abandoned = true;
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

void replica_bell::ring(bool deliveries) noexcept {
  if (deliveries)
    worker_->rung_for_deliveries = true;
  if (!worker_->rung.exchange(true))
    worker_->nudge();
}

} // namespace telltale

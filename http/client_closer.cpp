#include "http/client_closer.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace telltale::http {

struct client_closer::tally {
  std::mutex guard;
  std::condition_variable changed;
  std::size_t open = 0;

  void add() {
    const std::lock_guard lock{guard};
    ++open;
  }

  void remove() {
    {
      const std::lock_guard lock{guard};
      --open;
    }
    changed.notify_all();
  }
};

client_closer::client_closer() : tally_(std::make_shared<tally>()) {}

client_closer::~client_closer() {
  wait_for_none(longest_wait);
}

std::shared_ptr<client> client_closer::make(client_options options) {
  auto made = std::make_unique<client>(std::move(options));
  tally_->add();
  const auto end = [tally = tally_](client* one) {
    const auto destroy = [tally, one] {
      delete one; // NOLINT(cppcoreguidelines-owning-memory): the deleter's
      tally->remove();
    };
    try {
      std::thread{destroy}.detach();
    } catch (const std::system_error&) {
      destroy(); // no thread to be had: here, then
    }
  };
  return {made.release(), end};
}

std::size_t client_closer::open() const {
  const std::lock_guard lock{tally_->guard};
  return tally_->open;
}

bool client_closer::wait_for_none(std::chrono::milliseconds longest) const {
  std::unique_lock lock{tally_->guard};
  return tally_->changed.wait_for(lock, longest,
                                  [this] { return tally_->open == 0; });
}

} // namespace telltale::http

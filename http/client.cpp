#include "http/client.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>
#include <unordered_set>

#include "http/flight.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

std::optional<std::string_view>
client_response::find(std::string_view name) const {
  return find_header(headers, name);
}

class client::impl final : public flight_deck,
                           public std::enable_shared_from_this<impl> {
public:
  explicit impl(client_options options)
      : options_(std::move(options)), work_(context_.get_executor()),
        sweeper_(context_) {
    std::string why;
    if (!options_.ca_file.empty() && tls(why) == nullptr)
      throw std::runtime_error(why);
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void start() {
    // The thread shares in the owning: a callback may let go of the client.
    thread_ = std::thread{[self = shared_from_this()] { self->run(); }};
  }

  void stop() {
    asio::post(context_, [this] {
      stopped_ = true;
      sweeper_.cancel();
      kept_.clear();
      const auto pending = flights_;
      for (const auto& one : pending)
        one->cancel();
      work_.reset();
    });
    if (here())
      thread_.detach();
    else
      thread_.join();
  }

  [[nodiscard]] bool here() const {
    return thread_.get_id() == std::this_thread::get_id();
  }

  void launch(std::shared_ptr<flight> one) {
    asio::post(context_, [this, one = std::move(one)] {
      if (stopped_) {
        one->cancel();
        return;
      }
      flights_.insert(one);
      one->start();
    });
  }

  // flight_deck
  [[nodiscard]] const client_options& options() const override {
    return options_;
  }

  [[nodiscard]] asio::io_context& context() override { return context_; }

  [[nodiscard]] asio::ssl::context* tls(std::string& why) override {
    if (tls_)
      return &*tls_;
    asio::ssl::context made{asio::ssl::context::tls_client};
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
    error_code ec;
    made.set_default_verify_paths(ec);
    if (ec) {
      why = "cannot load the system's certificates: " + ec.message();
      return nullptr;
    }
    if (!options_.ca_file.empty())
      made.load_verify_file(options_.ca_file, ec);
    if (ec) {
      why = "cannot load the certificates in " + options_.ca_file + ": "
            + ec.message();
      return nullptr;
    }
    return &tls_.emplace(std::move(made));
  }

  [[nodiscard]] std::unique_ptr<connection> take(const url& to) override {
    const auto found = kept_.find(place_of(to));
    if (found == kept_.end())
      return nullptr;
    auto& idle = found->second;
    while (!idle.empty()) {
      auto last = std::move(idle.back()); // the one used most recently
      idle.pop_back();
      if (last->kept_since + options_.idle_timeout > clock::now()
          && !last->is_stale())
        return last;
    }
    return nullptr;
  }

  void keep(const url& to, std::unique_ptr<connection> unused) override {
    if (stopped_ || options_.max_idle_per_host == 0)
      return;
    auto& idle = kept_[place_of(to)]; // goes once it is empty, by the sweeper
    if (idle.size() >= options_.max_idle_per_host)
      return;
    unused->used_before = true;
    unused->kept_since = clock::now();
    idle.push_back(std::move(unused));
    arm_sweeper();
  }

  void landed(const std::shared_ptr<flight>& which) override {
    flights_.erase(which);
  }

private:
  using clock = std::chrono::steady_clock;

  void run() {
    for (;;) {
      try {
        context_.run();
        return;
      } catch (...) {
        // Nothing that one request runs into may end the others.
      }
    }
  }

  static std::string place_of(const url& to) {
    return (to.secure ? "s " : "p ") + to.authority();
  }

  void arm_sweeper() {
    if (std::exchange(sweeping_, true))
      return;
    sweeper_.expires_after(
        std::max<clock::duration>(options_.idle_timeout / 4, 100ms));
    sweeper_.async_wait([this](const error_code& ec) {
      sweeping_ = false;
      if (!ec)
        sweep();
    });
  }

  void sweep() {
    const auto oldest = clock::now() - options_.idle_timeout;
    for (auto at = kept_.begin(); at != kept_.end();) {
      std::erase_if(at->second, [&](const std::unique_ptr<connection>& one) {
        return one->kept_since <= oldest || one->is_stale();
      });
      at = at->second.empty() ? kept_.erase(at) : std::next(at);
    }
    if (!kept_.empty())
      arm_sweeper();
  }

  client_options options_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweeper_;
  std::thread thread_;
  // All below belongs to the thread.
  std::optional<asio::ssl::context> tls_;
  std::map<std::string, std::vector<std::unique_ptr<connection>>> kept_;
  std::unordered_set<std::shared_ptr<flight>> flights_;
  bool sweeping_ = false;
  bool stopped_ = false;
};

client::client(client_options options)
    : impl_(std::make_shared<impl>(std::move(options))) {
  impl_->start();
}

client::~client() {
  impl_->stop();
}

void client::send(client_request what,
                  std::function<void(client_result)> then) {
  impl_->launch(
      std::make_shared<flight>(*impl_, std::move(what), std::move(then)));
}

client_result client::call(client_request what) {
  if (impl_->here())
    return client_error{client_error::kind::cancelled,
                        "a call from a callback would wait for itself", false};
  std::promise<client_result> promise;
  send(std::move(what),
       [&](client_result result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

void client::open_stream(client_request what, std::chrono::milliseconds idle,
                         std::function<bool(std::string_view)> on_data,
                         std::function<void(client_result)> on_end) {
  auto one =
      std::make_shared<flight>(*impl_, std::move(what), std::move(on_end));
  one->stream_to(idle, std::move(on_data));
  impl_->launch(std::move(one));
}

} // namespace telltale::http

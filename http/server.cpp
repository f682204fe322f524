#include "http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <typeinfo>

#include "http/exchange.hpp"
#include "http/io_loop.hpp"
#include "http/listener_impl.hpp"
#include "http/session.hpp"
#include "http/transport.hpp"

namespace telltale::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// Past `max_connections`, this many more are told so; others are just closed.
constexpr std::size_t most_refused = 256;
/// Out of file descriptors, say: accepting again at once would spin.
constexpr auto accept_pause = 50ms;

std::string describe(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
        .to_string();
  return address.to_string();
}

} // namespace

class server::impl {
public:
  impl(server_options options, listener bound, handler on_request,
       refuser on_refusal, judge on_large_body)
      : core_(std::make_shared<server_core>()) {
    bound.listen();
    core_->options = std::move(options);
    auto& o = core_->options;
    o.threads = std::max(o.threads, 1U);
    o.max_pipeline = std::max<std::size_t>(o.max_pipeline, 1);
    core_->on_request = std::move(on_request);
    core_->on_refusal = std::move(on_refusal);
    core_->bodies.judge = std::move(on_large_body);
    core_->bodies.left = std::make_shared<std::atomic<std::int64_t>>(
        static_cast<std::int64_t>(core_->options.max_large_bytes));
    tls_ = std::move(bound.impl_->tls);
    for (unsigned i = 0; i < o.threads; ++i)
      loops_.push_back(std::make_shared<io_loop>(core_));
    acceptor_.emplace(first().context());
    pause_.emplace(first().context());
    port_ = bound.port();
    acceptor_->assign(bound.impl_->protocol, bound.impl_->release());
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    if (started_) {
      asio::post(first().context(), [this] { stop_accepting(); });
      for (const auto& loop : loops_)
        loop->stop();
    }
  }

  void start() {
    if (std::exchange(started_, true))
      return;
    asio::post(first().context(), [this] { accept(); });
    for (const auto& loop : loops_)
      loop->start();
  }

  void respond_all(std::vector<answer>&& answers) {
    std::vector<std::vector<loop_task>> sorted(loops_.size());
    for (auto& a : answers) {
      if (!a.to)
        continue;
      auto& to = *a.to;
      if (typeid(to) != typeid(pending_exchange)) {
        to.respond(std::move(a.what));
        continue;
      }
      auto& waiting = static_cast<pending_exchange&>(to);
      loop_task news;
      if (!waiting.as_loop_task(std::move(a.what), news))
        continue;
      const auto* loop = &waiting.loop();
      for (std::size_t i = 0; i < loops_.size(); ++i)
        if (loops_[i].get() == loop)
          sorted[i].push_back(std::move(news));
    }
    for (std::size_t i = 0; i < loops_.size(); ++i)
      if (!sorted[i].empty())
        loops_[i]->deliver(std::move(sorted[i]));
  }

  void at_turn_end(std::function<void()>&& work) {
    for (const auto& loop : loops_) {
      if (loop->here()) {
        loop->at_turn_end(std::move(work));
        return;
      }
    }
    asio::post(first().context(), [this, work = std::move(work)]() mutable {
      first().at_turn_end(std::move(work));
    });
  }

  void drain(std::chrono::milliseconds patience) {
    if (!started_)
      return;
    // Connections that were accepted before reach their loop before this does.
    asio::post(first().context(), [this] {
      stop_accepting();
      for (const auto& loop : loops_)
        asio::post(loop->context(), [&to = *loop] { to.begin_drain(); });
    });
    std::unique_lock lock{core_->mutex};
    core_->all_closed.wait_for(lock, patience, [this] {
      return accepting_ended_ && core_->connections == 0;
    });
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] std::size_t connections() const { return core_->connections; }

private:
  io_loop& first() { return *loops_.front(); }

  void accept() {
    if (!acceptor_->is_open())
      return;
    const auto loop = loops_[turn_++ % loops_.size()];
    acceptor_->async_accept(loop->context(), [this, loop](const error_code& ec,
                                                          tcp::socket socket) {
      if (ec == asio::error::operation_aborted || !acceptor_->is_open())
        return;
      if (ec) {
        pause_->expires_after(accept_pause);
        pause_->async_wait([this](const error_code& stopped) {
          if (!stopped)
            accept();
        });
        return;
      }
      take(loop, std::move(socket));
      accept();
    });
  }

  void take(const std::shared_ptr<io_loop>& loop, tcp::socket socket) {
    const auto most = core_->options.max_connections;
    const auto open = core_->connections.load();
    const bool refused = open >= most;
    if (refused && (tls_ || open >= most + most_refused))
      return;
    core_->connections.fetch_add(1);
    auto begin = [this, loop, refused, s = std::move(socket)]() mutable {
      error_code ec;
      s.set_option(tcp::no_delay(true), ec);
      const auto remote = s.remote_endpoint(ec);
      auto who = ec ? std::string{} : describe(remote.address());
      auto one = tls_ ? tls_session(loop, std::move(s), std::move(who), *tls_)
                      : plain_session(loop, std::move(s), std::move(who));
      if (refused)
        one->start_refused();
      else
        one->start();
    };
    if (loop->here())
      begin();
    else
      asio::post(loop->context(), std::move(begin));
  }

  void stop_accepting() {
    error_code ignored;
    acceptor_->close(ignored);
    pause_->cancel();
    const std::lock_guard lock{core_->mutex};
    accepting_ended_ = true;
    core_->all_closed.notify_all();
  }

  std::shared_ptr<server_core> core_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::shared_ptr<io_loop>> loops_;
  std::optional<tcp::acceptor> acceptor_;   ///< of the first loop
  std::optional<asio::steady_timer> pause_; ///< of the first loop
  std::size_t turn_ = 0;                    ///< whose connection is next
  std::uint16_t port_ = 0;
  bool started_ = false;
  bool accepting_ended_ = false; ///< guarded by the core's mutex
};

server::server(server_options options, listener bound, handler on_request,
               refuser on_refusal, judge on_large_body)
    : impl_(std::make_unique<impl>(std::move(options), std::move(bound),
                                   std::move(on_request), std::move(on_refusal),
                                   std::move(on_large_body))) {}

server::server(server_options options, handler on_request, refuser on_refusal,
               judge on_large_body)
    : server(options, listener{options}, std::move(on_request),
             std::move(on_refusal), std::move(on_large_body)) {}

server::~server() = default;

void server::start() {
  impl_->start();
}

void server::respond_all(std::vector<answer> answers) {
  impl_->respond_all(std::move(answers));
}

void server::at_turn_end(std::function<void()> work) {
  impl_->at_turn_end(std::move(work));
}

void server::drain(std::chrono::milliseconds patience) {
  impl_->drain(patience);
}

std::uint16_t server::port() const {
  return impl_->port();
}

std::size_t server::connections() const {
  return impl_->connections();
}

} // namespace telltale::http

#include "http/exchange.hpp"

#include <boost/asio/post.hpp>

#include "http/session.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace {

/// The owner's end of a stream; letting go of it ends the body.
class pending_stream final : public stream {
public:
  pending_stream(std::shared_ptr<session> to,
                 std::shared_ptr<stream_state> state)
      : to_(std::move(to)), state_(std::move(state)) {}
  pending_stream(const pending_stream&) = delete;
  pending_stream& operator=(const pending_stream&) = delete;
  ~pending_stream() override { close(); }

  bool write(std::string chunk) override {
    bool alive = true;
    {
      const std::lock_guard lock{state_->mutex};
      auto& s = *state_;
      if (s.gone || s.ended)
        return false;
      if (chunk.empty())
        return true;
      const auto before = s.pending.size();
      if (s.chunked)
        append_chunk(s.pending, chunk);
      else
        s.pending += chunk;
      s.unsent += s.pending.size() - before;
      if (s.unsent > most_unsent) {
        s.gone = true;
        s.behind = true;
        alive = false;
      } else if (std::exchange(s.mail_sent, true)) {
        return true;
      }
    }
    tell();
    return alive;
  }

  std::size_t unsent() const override {
    const std::lock_guard lock{state_->mutex};
    return state_->unsent;
  }

  bool is_stalled() const override {
    const std::lock_guard lock{state_->mutex};
    return state_->stalled;
  }

  void close() override {
    std::function<void()> unused[2]; // die without the lock
    {
      const std::lock_guard lock{state_->mutex};
      if (state_->gone || std::exchange(state_->ended, true))
        return;
      unused[0] = std::exchange(state_->on_closed, nullptr);
      unused[1] = std::exchange(state_->on_writable, nullptr);
    }
    tell();
  }

private:
  void tell() {
    loop_task news;
    news.what = loop_task::kind::stream;
    news.to = to_;
    news.stream = state_;
    to_->loop().deliver(std::move(news));
  }

  std::shared_ptr<session> to_;
  std::shared_ptr<stream_state> state_;
};

} // namespace

pending_exchange::pending_exchange(std::shared_ptr<session> from,
                                   std::uint64_t sequence, bool http10)
    : from_(std::move(from)), sequence_(sequence), http10_(http10) {}

pending_exchange::~pending_exchange() {
  if (answered_.load(std::memory_order_relaxed))
    return;
  loop_task news;
  news.what = loop_task::kind::abandoned;
  news.sequence = sequence_;
  auto& to = from_->loop();
  news.to = from_;
  to.deliver(std::move(news));
}

io_loop& pending_exchange::loop() const {
  return from_->loop();
}

bool pending_exchange::as_loop_task(response&& answer, loop_task& into) {
  if (answered_.exchange(true))
    return false;
  into.what = loop_task::kind::answer;
  into.to = from_;
  into.sequence = sequence_;
  into.body = std::move(answer);
  return true;
}

void pending_exchange::respond(response answer) {
  loop_task news;
  if (as_loop_task(std::move(answer), news))
    loop().deliver(std::move(news));
}

std::shared_ptr<stream>
pending_exchange::open_stream(response head, std::function<void()> on_closed,
                              std::function<void()> on_writable) {
  auto state = std::make_shared<stream_state>();
  state->chunked = !http10_;
  state->on_closed = std::move(on_closed);
  state->on_writable = std::move(on_writable);
  loop_task news;
  if (as_loop_task(std::move(head), news)) {
    news.what = loop_task::kind::open_stream;
    news.stream = state;
    loop().deliver(std::move(news));
  } else {
    state->gone = true;
    boost::asio::post(loop().context(), [state] { state->lose(); });
  }
  return std::make_shared<pending_stream>(from_, std::move(state));
}

void pending_exchange::on_gone(std::function<void()> then) {
  loop_task news;
  news.what = loop_task::kind::watch;
  news.to = from_;
  news.sequence = sequence_;
  news.stream = std::make_shared<stream_state>();
  news.stream->on_closed = std::move(then);
  loop().deliver(std::move(news));
}

} // namespace telltale::http

// The sending half of a connection.
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "http/session.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace asio = boost::asio;

namespace {

/// No more than this is gathered for one write, but for a single large answer.
constexpr std::size_t batch_size = 262'144;
/// A send buffer larger than this is given back after use.
constexpr std::size_t most_kept = 16'384;

} // namespace

void stream_state::lose() {
  std::function<void()> tell_owner;
  std::function<void()> unused; // dies without the lock
  {
    const std::lock_guard lock{mutex};
    gone = true;
    pending.clear();
    tell_owner = std::exchange(on_closed, nullptr);
    unused = std::exchange(on_writable, nullptr);
  }
  tell(std::move(tell_owner));
}

void stream_state::end() {
  std::function<void()> tell_owner;
  std::function<void()> unused; // dies without the lock
  {
    const std::lock_guard lock{mutex};
    ended = true;
    tell_owner = std::exchange(on_closed, nullptr);
    unused = std::exchange(on_writable, nullptr);
  }
  tell(std::move(tell_owner));
}

void stream_state::take(std::size_t bytes) {
  std::function<void()> tell_owner;
  {
    const std::lock_guard lock{mutex};
    const auto before = std::exchange(unsent, unsent - bytes);
    if (before > stream::writable_below && unsent <= stream::writable_below)
      tell_owner = on_writable;
  }
  tell(std::move(tell_owner));
}

void stream_state::tell(std::function<void()> what) {
  if (!what)
    return;
  try {
    what();
  } catch (...) {
    // The owner's own affair; the connection is closed either way.
  }
}

session::slot* session::find(std::uint64_t sequence) {
  if (gone_ || sequence < base_ || sequence - base_ >= slots_.size())
    return nullptr;
  return &slots_[static_cast<std::size_t>(sequence - base_)];
}

void session::answer(std::uint64_t sequence, response&& what) {
  auto* to = find(sequence);
  if (to == nullptr)
    return;
  to->what = std::move(what);
  to->answered = true;
  to->watcher.reset();
  if (!in_turn_ && !std::exchange(marked_, true))
    loop_->mark(shared_from_this());
}

void session::watch(std::uint64_t sequence,
                    std::shared_ptr<stream_state> watcher) {
  auto* to = find(sequence);
  if (to == nullptr || eof_)
    watcher->lose();
  else if (!to->answered)
    to->watcher = std::move(watcher);
}

void session::open_stream(std::uint64_t sequence, response&& head,
                          std::shared_ptr<stream_state> stream) {
  auto* to = find(sequence);
  // With its side ended, a client that goes away could not be noticed.
  if (to == nullptr) {
    stream->lose();
    return;
  }
  if (eof_ || loop_->draining())
    stream->end();
  if (to->is_head || is_bodiless(head.status)) {
    stream->lose();
    answer(sequence, std::move(head));
    return;
  }
  to->stream = std::move(stream);
  answer(sequence, std::move(head));
}

void session::stream_moved(stream_state& which) {
  bool behind = false;
  {
    const std::lock_guard lock{which.mutex};
    behind = which.behind;
  }
  if (gone_)
    return;
  if (behind)
    cut();
  else if (!in_turn_ && !std::exchange(marked_, true))
    loop_->mark(shared_from_this());
}

void session::flush() {
  marked_ = false;
  advance();
}

/// Gathers and writes until nothing is ready or the kernel takes no more.
void session::send_ready() {
  while (!gone_ && !writing_) {
    if (continue_owed_ && slots_.empty()) {
      continue_owed_ = false;
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    collect();
    if (out_.empty())
      return;
    error_code ec;
    sent_ = write_now(asio::buffer(out_), ec);
    if (ec && ec != asio::error::would_block && ec != asio::error::try_again) {
      cut();
      return;
    }
    if (sent_ < out_.size()) {
      writing_ = true;
      write_wait_ = loop_->watch_write(shared_from_this());
      async_write(asio::buffer(out_) + sent_);
      return;
    }
    batch_sent();
  }
}

void session::on_write(const error_code& ec, std::size_t n) {
  if (gone_)
    return;
  if (ec) {
    cut();
    return;
  }
  sent_ += n;
  if (sent_ < out_.size()) {
    loop_->write_moved(write_wait_);
    async_write(asio::buffer(out_) + sent_);
    return;
  }
  writing_ = false;
  loop_->write_done(write_wait_);
  batch_sent();
  advance();
}

void session::batch_sent() {
  if (out_.capacity() > most_kept)
    std::string{}.swap(out_);
  out_.clear();
  sent_ = 0;
  if (!batch_stream_)
    return;
  std::exchange(batch_stream_, nullptr)->take(std::exchange(batch_bytes_, 0));
}

void session::collect() {
  while (!slots_.empty() && !closing_ && out_.size() < batch_size) {
    auto& front = slots_.front();
    if (!front.answered)
      return;
    if (front.stream) {
      // One write carries the bytes of one stream, so that they can be told
      // sent.
      if (batch_stream_ || !collect_stream(front))
        return;
    } else {
      collect_answer(front);
    }
    closing_ = front.last;
    slots_.pop_front();
    ++base_;
  }
}

void session::collect_answer(slot& from) {
  if (is_bodiless(from.what.status))
    from.what.body.clear();
  append_head(out_, from.what,
              {framing::length, !from.last, from.http10, loop_->date()});
  if (!from.is_head)
    out_ += from.what.body;
}

/// True once the stream has ended.
bool session::collect_stream(slot& from) {
  auto& stream = *from.stream;
  const std::lock_guard lock{stream.mutex};
  if (!std::exchange(from.head_sent, true)) {
    from.last = from.last || !stream.chunked;
    append_head(out_, from.what,
                {stream.chunked ? framing::chunked : framing::until_close,
                 !from.last, from.http10, loop_->date()});
  }
  stream.mail_sent = false;
  if (!stream.pending.empty()) {
    out_ += stream.pending;
    batch_stream_ = from.stream;
    batch_bytes_ = stream.pending.size();
    std::string{}.swap(stream.pending);
  }
  if (!stream.ended)
    return false;
  if (stream.chunked)
    out_ += last_chunk;
  return true;
}

bool session::streams_open() const {
  for (const auto& s : slots_)
    if (s.stream)
      return true;
  return false;
}

/// All answers are out: says so, and gives the client a moment to take them.
void session::finish() {
  if (std::exchange(finished_, true))
    return;
  discard_input();
  end_sending();
}

} // namespace telltale::http

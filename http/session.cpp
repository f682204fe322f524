#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include "http/exchange.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace {

// Ten thousand idle connections must fit into little memory: a connection
// starts with a small buffer, which grows while the client fills it.
constexpr std::size_t least_read = 2'048;
constexpr std::size_t most_read = 65'536;

/// A client that still sends after its last answer is heard out this often: it
/// would lose the answer if the connection were reset under it.
constexpr unsigned most_lingers = 5;

} // namespace

session::session(std::shared_ptr<io_loop> loop, std::string remote, bool secure)
    : loop_(std::move(loop)), remote_(std::move(remote)), secure_(secure),
      read_size_(least_read) {}

void session::start() {
  wait_ = loop_->enter(shared_from_this());
  entered_ = true;
  wait_for(wait_kind::header);
  if (loop_->stopped())
    cut();
  else
    handshake();
}

void session::start_refused() {
  wait_ = loop_->enter(shared_from_this());
  entered_ = true;
  handshaking_ = false;
  refuse(refusal::too_many_connections);
  if (loop_->stopped())
    cut();
  else
    advance();
}

void session::on_handshake(const error_code& ec) {
  if (gone_)
    return;
  if (ec) {
    cut();
    return;
  }
  handshaking_ = false;
  if (loop_->draining())
    begin_drain();
  else
    advance();
}

void session::read_more() {
  reading_ = true;
  async_read(in_.prepare(read_size_));
}

void session::on_read(const error_code& ec, std::size_t n) {
  reading_ = false;
  if (gone_)
    return;
  if (ec) {
    eof_ = true;
    discard_input();
    tell_watchers();
    // A client may end its side and still wait for answers; after a reset, or
    // on an open stream, nobody is there to wait.
    if (ec != asio::error::eof || streams_open()) {
      cut();
      return;
    }
  } else if (discarding_) {
    in_.clear();
    still_sends_ = true;
  } else {
    in_.commit(n);
    starved_ = false;
    if (n == read_size_)
      read_size_ = std::min(read_size_ * 4, most_read);
    else if (n < read_size_ / 8)
      read_size_ = std::max(read_size_ / 2, least_read);
  }
  advance();
}

/// Reads requests and sends answers until neither gets any further.
void session::advance() {
  if (in_turn_ || gone_ || handshaking_)
    return;
  in_turn_ = true;
  do {
    parse();
    send_ready();
  } while (!gone_ && !starved_ && in_.size() > 0 && has_room());
  in_turn_ = false;
  if (!gone_)
    settle();
}

/// Decides what the connection does next, once nothing moves any more.
void session::settle() {
  if (slots_.empty() && !writing_) {
    if (eof_) {
      cut();
      return;
    }
    if (closing_)
      finish();
  }
  if (gone_)
    return;
  if (!reading_ && in_.size() == 0 && in_.capacity() > 2 * read_size_)
    in_.shrink_to_fit();
  if (!reading_ && !eof_ && (discarding_ || has_room()))
    read_more();
  wait_for(current_wait());
}

bool session::has_room() const {
  return slots_.size() < loop_->core().options.max_pipeline;
}

wait_kind session::current_wait() const {
  if (finished_)
    return wait_kind::linger;
  if (reader_)
    return reader_->is_header_done() ? wait_kind::body : wait_kind::header;
  if (!slots_.empty() || writing_)
    return wait_kind::nothing;
  return next_ == 0 ? wait_kind::header : wait_kind::idle;
}

void session::wait_for(wait_kind kind) {
  // The deadline of a request runs from its first byte on, however many pieces
  // it comes in.
  if (kind == waiting_ && waiting_for_ == next_)
    return;
  loop_->move(wait_, waiting_, kind);
  waiting_ = kind;
  waiting_for_ = next_;
}

void session::expire() {
  if (gone_ || waiting_ == wait_kind::nothing)
    return;
  if (finished_ && std::exchange(still_sends_, false)
      && ++lingered_ <= most_lingers) {
    loop_->move(wait_, waiting_, waiting_);
    return;
  }
  if (handshaking_ || !reader_ || finished_) {
    cut();
    return;
  }
  refuse(refusal::timed_out);
  advance();
}

void session::begin_drain() {
  if (gone_ || handshaking_ || finished_) {
    if (!gone_ && handshaking_)
      cut();
    return;
  }
  if (!slots_.empty()) {
    // What was accepted is answered; what came only in part is not.
    slots_.back().last = true;
    discard_input();
    for (auto& s : slots_)
      if (s.stream)
        s.stream->end();
  } else if (!reader_ && !writing_) {
    cut();
    return;
  } else if (!reader_) {
    closing_ = true;
    discard_input();
  }
  advance();
}

void session::cut() {
  if (std::exchange(gone_, true))
    return;
  const auto self = shared_from_this(); // the books may hold the last owner
  close_socket();
  if (writing_)
    loop_->write_done(write_wait_);
  writing_ = false;
  if (std::exchange(entered_, false))
    loop_->leave(wait_, waiting_);
  tell_watchers();
  for (auto& s : std::exchange(slots_, {}))
    if (s.stream)
      s.stream->lose();
  loop_->core().connection_closed();
}

void session::cut_stalled() {
  for (const auto& s : slots_)
    if (s.stream) {
      const std::lock_guard lock{s.stream->mutex};
      s.stream->stalled = true;
    }
  cut();
}

void session::tell_watchers() {
  for (auto& s : slots_) {
    if (const auto waiting = s.waiting.lock())
      waiting->note_gone();
    if (const auto watcher = std::exchange(s.watcher, nullptr))
      watcher->lose();
  }
}

void session::discard_input() {
  discarding_ = true;
  reader_.reset();
  in_.clear();
}

void session::refuse(refusal why) {
  discard_input();
  slot refused;
  refused.what = refusal_answer(why);
  refused.answered = true;
  refused.last = true;
  slots_.push_back(std::move(refused));
  ++next_;
}

void session::parse() {
  while (!discarding_ && !starved_ && in_.size() > 0 && has_room()
         && parse_some()) {
  }
}

/// One step of the reader. False if it needs more input.
bool session::parse_some() {
  const auto& options = loop_->core().options;
  if (!reader_) {
    // Some old clients end a body with a line break too many.
    const auto* front = static_cast<const char*>(in_.data().data());
    if (*front == '\r' || *front == '\n') {
      in_.consume(1);
      return true;
    }
    reader_.emplace(options, loop_->core().bodies);
    head_bytes_ = 0;
  }
  const bool in_head = !reader_->is_header_done();
  error_code ec;
  const auto n = reader_->put(in_.data(), ec);
  in_.consume(n);
  if (in_head)
    head_bytes_ += n;
  if (ec && ec != beast_http::error::need_more
      && !reader_->get().body_withheld) {
    refuse(reader_->meaning_of(ec));
    return true;
  }
  if (reader_->is_done() || reader_->get().body_withheld) {
    take_request();
    return true;
  }
  // What the reader leaves unread is a piece of a head, or of a chunk's size
  // line or trailers; none of them may grow without bound.
  const bool still_in_head = !reader_->is_header_done();
  const auto held = in_.size() + (still_in_head ? head_bytes_ : 0);
  if (held > options.max_header_bytes) {
    refuse(still_in_head ? refusal::headers_too_large : refusal::malformed);
    return true;
  }
  if (in_head && !still_in_head && reader_->expects_continue()
      && in_.size() == 0 && reader_->get().body.empty())
    continue_owed_ = true;
  starved_ = true;
  return false;
}

void session::take_request() {
  continue_owed_ = false;
  auto read = std::move(reader_->get());
  if (read.body_withheld)
    read.body.clear();
  slot opened;
  opened.is_head = read.method == "HEAD";
  opened.http10 = reader_->http10();
  opened.last =
      read.body_withheld || !reader_->keep_alive() || loop_->draining();
  reader_.reset();
  read.remote_address = remote_;
  read.secure = secure_;
  auto waiting = std::make_shared<pending_exchange>(shared_from_this(), next_++,
                                                    opened.http10);
  opened.waiting = waiting;
  if (opened.last)
    discard_input();
  slots_.push_back(std::move(opened));
  try {
    loop_->core().on_request(std::move(read), std::move(waiting));
  } catch (...) {
    // The exchange went away unanswered, and is answered as abandoned.
  }
}

response session::refusal_answer(refusal why) {
  try {
    return loop_->core().on_refusal(why);
  } catch (...) {
    return {500, {}, {}};
  }
}

} // namespace telltale::http

#include "http/io_loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ctime>

#include "http/session.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// How long a connection that has its last answer may go on sending. Closing at
/// once would reset it, and the client could lose the answer.
constexpr auto linger_time = 2s;

thread_local const io_loop* this_loop = nullptr;

} // namespace

void server_core::connection_closed() {
  if (connections.fetch_sub(1) == 1) {
    const std::lock_guard lock{mutex};
    all_closed.notify_all();
  }
}

io_loop::io_loop(std::shared_ptr<server_core> core)
    : core_(std::move(core)), work_(context_.get_executor()),
      ticker_(context_) {
  const auto& o = core_->options;
  const auto set = [this](wait_kind kind, clock::duration time) {
    durations_[static_cast<std::size_t>(kind)] = time;
  };
  set(wait_kind::header, o.header_timeout);
  set(wait_kind::body, o.body_timeout);
  set(wait_kind::idle, o.idle_timeout);
  set(wait_kind::linger, linger_time);
  const auto shortest =
      std::min({o.header_timeout, o.body_timeout, o.idle_timeout, 2'500ms});
  granularity_ = std::max<clock::duration>(shortest / 10, 5ms);
}

void io_loop::start() {
  thread_ = std::thread{[this] { run(); }};
}

void io_loop::run() {
  this_loop = this;
  for (;;) {
    try {
      context_.run();
      return;
    } catch (...) {
      // What a callback of the server's owner throws concerns nobody else on
      // this thread.
    }
  }
}

void io_loop::stop() {
  {
    const std::lock_guard lock{mail_mutex_};
    mail_closed_ = true;
  }
  if (!thread_.joinable())
    return;
  // Everything that the loop waits for ends with this, so that it runs out of
  // work by itself and leaves no handler behind that holds on to the loop.
  asio::post(context_, [this] {
    cut_all();
    ticker_.cancel();
    work_.reset();
  });
  thread_.join();
}

bool io_loop::here() const {
  return this_loop == this;
}

void io_loop::deliver(loop_task&& one) {
  if (here()) {
    open(std::move(one));
    return;
  }
  {
    const std::lock_guard lock{mail_mutex_};
    if (!mail_closed_) {
      tasks_.push_back(std::move(one));
      wake();
      return;
    }
  }
  if (one.what == loop_task::kind::open_stream
      || one.what == loop_task::kind::watch)
    one.stream->lose();
}

void io_loop::deliver(std::vector<loop_task>&& many) {
  if (here()) {
    for (auto& one : many)
      open(std::move(one));
    return;
  }
  const std::lock_guard lock{mail_mutex_};
  if (mail_closed_)
    return;
  if (tasks_.empty())
    tasks_.swap(many);
  else
    std::move(many.begin(), many.end(), std::back_inserter(tasks_));
  wake();
}

/// One wake-up for all tasks that come before the loop looks.
void io_loop::wake() {
  if (!std::exchange(mail_posted_, true))
    asio::post(context_, [this] { take_mail(); });
}

void io_loop::take_mail() {
  std::vector<loop_task> taken;
  {
    const std::lock_guard lock{mail_mutex_};
    taken.swap(tasks_);
    mail_posted_ = false;
  }
  will_flush_ = true;
  for (auto& one : taken)
    open(std::move(one));
  flush_marked();
}

void io_loop::open(loop_task&& one) {
  auto& to = *one.to;
  switch (one.what) {
  case loop_task::kind::answer:
    to.answer(one.sequence, std::move(one.body));
    break;
  case loop_task::kind::abandoned:
    to.answer(one.sequence, to.refusal_answer(refusal::abandoned));
    break;
  case loop_task::kind::open_stream:
    to.open_stream(one.sequence, std::move(one.body), std::move(one.stream));
    break;
  case loop_task::kind::stream:
    to.stream_moved(*one.stream);
    break;
  case loop_task::kind::watch:
    to.watch(one.sequence, std::move(one.stream));
    break;
  }
}

void io_loop::at_turn_end(std::function<void()> work) {
  turn_end_.push_back(std::move(work));
  if (!std::exchange(turn_end_posted_, true))
    asio::post(context_, [this] { end_turn(); });
}

void io_loop::end_turn() {
  turn_end_posted_ = false;
  will_flush_ = true;
  auto work = std::exchange(turn_end_, {});
  for (auto& one : work) {
    try {
      one();
    } catch (...) {
      // The rest of the turn's work belongs to others.
    }
  }
  flush_marked();
}

void io_loop::mark(std::shared_ptr<session> dirty) {
  marked_.push_back(std::move(dirty));
  if (!std::exchange(will_flush_, true))
    asio::post(context_, [this] { flush_marked(); });
}

void io_loop::flush_marked() {
  will_flush_ = false;
  const auto marked = std::exchange(marked_, {});
  for (const auto& one : marked)
    one->flush();
}

io_loop::wait_list::iterator io_loop::enter(std::shared_ptr<session> who) {
  auto& list = waits_[static_cast<std::size_t>(wait_kind::nothing)];
  arm_ticker();
  return list.insert(list.end(), wait{std::move(who), {}});
}

void io_loop::leave(wait_list::iterator at, wait_kind kind) {
  waits_[static_cast<std::size_t>(kind)].erase(at);
}

void io_loop::move(wait_list::iterator at, wait_kind from, wait_kind to) {
  auto& list = waits_[static_cast<std::size_t>(to)];
  list.splice(list.end(), waits_[static_cast<std::size_t>(from)], at);
  if (to != wait_kind::nothing)
    at->until = clock::now() + durations_[static_cast<std::size_t>(to)];
}

io_loop::wait_list::iterator
io_loop::watch_write(std::shared_ptr<session> who) {
  const auto at = writes_.insert(writes_.end(), wait{std::move(who), {}});
  write_moved(at);
  return at;
}

void io_loop::write_moved(wait_list::iterator at) {
  at->until = clock::now() + core_->options.body_timeout;
  writes_.splice(writes_.end(), writes_, at);
}

void io_loop::write_done(wait_list::iterator at) {
  writes_.erase(at);
}

void io_loop::arm_ticker() {
  if (std::exchange(ticking_, true))
    return;
  ticker_.expires_after(granularity_);
  ticker_.async_wait([this](const boost::system::error_code& ec) {
    ticking_ = false;
    if (!ec)
      tick();
  });
}

void io_loop::tick() {
  const auto now = clock::now();
  std::vector<std::shared_ptr<session>> late;
  for (const auto& entry : writes_) {
    if (entry.until > now)
      break;
    late.push_back(entry.who);
  }
  for (const auto& one : late)
    one->cut_stalled();
  bool anyone = !waits_[0].empty();
  for (std::size_t kind = 1; kind < wait_kinds; ++kind) {
    late.clear();
    for (const auto& entry : waits_[kind]) {
      if (entry.until > now)
        break;
      late.push_back(entry.who);
    }
    for (const auto& one : late)
      one->expire();
    anyone = anyone || !waits_[kind].empty();
  }
  if (anyone)
    arm_ticker();
}

std::vector<std::shared_ptr<session>> io_loop::everyone() const {
  std::vector<std::shared_ptr<session>> all;
  for (const auto& list : waits_)
    for (const auto& entry : list)
      all.push_back(entry.who);
  return all;
}

void io_loop::begin_drain() {
  draining_ = true;
  for (const auto& one : everyone())
    one->begin_drain();
}

void io_loop::cut_all() {
  stopped_ = true;
  for (const auto& one : everyone())
    one->cut();
}

std::string_view io_loop::date() {
  const std::int64_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = date_line(now);
  }
  return date_;
}

} // namespace telltale::http

#include "actors/gateway/event_sessions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace telltale {

std::string sse_frame(const published_event& event) {
  std::string frame = "id: " + std::to_string(event.position)
                      + "\nevent: " + to_string(event.type) + "\ndata: ";
  // JSON has no line breaks of its own between tokens here; should it ever
  // have some, each line needs its own field.
  for (std::string_view rest{event.envelope};;) {
    const auto end = rest.find_first_of("\r\n");
    frame += rest.substr(0, end);
    if (end == std::string_view::npos)
      break;
    if (rest[end] == '\n')
      frame += "\ndata: ";
    rest.remove_prefix(end + 1);
  }
  return frame + "\n\n";
}

event_sessions::~event_sessions() {
  sessions_.clear();
  count();
}

void event_sessions::observe(counter_board_ptr counters) {
  counters_ = std::move(counters);
  count();
}

void event_sessions::count() const {
  if (counters_)
    counters_->set(counter::event_subscribers, {},
                   static_cast<double>(sessions_.size()));
}

std::optional<event_sessions::page>
event_sessions::open(std::shared_ptr<http::stream> out, std::int64_t position,
                     bool live, std::uint64_t token) {
  const auto id = ++last_key_;
  sessions_.emplace(id, session{std::move(out), position,
                                live ? state::live : state::reading, first_page,
                                token});
  count();
  if (live)
    return std::nullopt;
  return page{id, position};
}

bool event_sessions::write(session& to, const published_event& event,
                           const std::string& frame) {
  if (event.position <= to.position)
    return true;
  to.position = event.position;
  return to.out->write(frame);
}

std::size_t
event_sessions::publish(const std::vector<published_event>& events) {
  if (!events.empty())
    note_newest(events.back().position);
  if (sessions_.empty())
    return 0;
  for (const auto& event : events) {
    const auto frame = sse_frame(event);
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      auto& to = at->second;
      if (to.is == state::live && is_full(to))
        to.is = state::lagging;
      if (to.is == state::live && !write(to, event, frame))
        at = sessions_.erase(at);
      else
        ++at;
    }
  }
  count();
  return sessions_.size();
}

std::optional<event_sessions::page>
event_sessions::replay(key id, const std::vector<published_event>& events,
                       std::int64_t newest) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end())
    return std::nullopt;
  auto& to = at->second;
  note_newest(newest);
  std::uint32_t written = 0;
  for (const auto& event : events) {
    if (is_full(to)) {
      // What did not fit is read again; the next page is about as large as what
      // did.
      to.is = state::lagging;
      to.limit = std::max(written, 1U);
      return std::nullopt;
    }
    if (!write(to, event, sse_frame(event))) {
      sessions_.erase(at);
      count();
      return std::nullopt;
    }
    ++written;
  }
  if (written >= to.limit)
    to.limit = std::min(2 * to.limit, largest_page);
  // An answer older than what was heard since says nothing about the rest; one
  // that is not, and is empty, says that the rest was pruned.
  if (to.position < seen_ && (!events.empty() || newest < seen_)) {
    if (!is_full(to))
      return page{id, to.position, to.limit};
    to.is = state::lagging;
    return std::nullopt;
  }
  // Also where a client asks for a position that was never given.
  to.position = seen_;
  to.is = state::live;
  return std::nullopt;
}

std::optional<event_sessions::page> event_sessions::resume(key id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end() || at->second.is != state::lagging
      || is_full(at->second))
    return std::nullopt;
  at->second.is = state::reading;
  return page{id, at->second.position, at->second.limit};
}

std::vector<event_sessions::page> event_sessions::stall() {
  std::vector<page> needed;
  for (auto& [id, open] : sessions_)
    if (open.is == state::live) {
      open.is = state::reading;
      needed.push_back({id, open.position, open.limit});
    }
  return needed;
}

bool event_sessions::leaves_gap(const events_published& news) const noexcept {
  if (news.events.empty())
    return false;
  // Without a word of what lies before the first event, only the next position
  // is sure to follow.
  const auto before =
      news.after >= 0 ? news.after : news.events.front().position - 1;
  return before > seen_;
}

void event_sessions::beat() {
  std::erase_if(sessions_, [](const auto& entry) {
    // Who has something to take sees life in that.
    return entry.second.out->unsent() == 0
           && !entry.second.out->write(": alive\n\n");
  });
  count();
}

std::optional<event_sessions::stalled> event_sessions::forget(key id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end())
    return std::nullopt;
  std::optional<stalled> end;
  if (at->second.out->is_stalled())
    end = stalled{at->second.position, at->second.out->unsent()};
  sessions_.erase(at);
  count();
  return end;
}

void event_sessions::close(key id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end())
    return;
  at->second.out->close();
  sessions_.erase(at);
  count();
}

void event_sessions::revoke(const access_rules& rules) {
  std::erase_if(sessions_, [&](auto& each) {
    auto& open = each.second;
    if (open.token == 0 || rules.holder(open.token))
      return false;
    open.out->close();
    return true;
  });
  count();
}

void event_sessions::close_all() {
  for (auto& [id, open] : sessions_)
    open.out->close();
  sessions_.clear();
  count();
}

void event_sessions::note_newest(std::int64_t position) {
  seen_ = std::max(seen_, position);
}

} // namespace telltale

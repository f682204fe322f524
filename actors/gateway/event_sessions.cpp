#include "actors/gateway/event_sessions.hpp"

#include <algorithm>
#include <utility>

namespace telltale {

std::string sse_frame(const published_event& event) {
  std::string frame = "id: " + std::to_string(event.position)
                      + "\nevent: " + to_string(event.type) + "\ndata: ";
  // JSON has no line breaks of its own between tokens here; should it ever
  // have some, each line needs its own field.
  for (const char c : event.envelope)
    if (c == '\n')
      frame += "\ndata: ";
    else if (c != '\r')
      frame += c;
  return frame + "\n\n";
}

event_sessions::key
event_sessions::open(std::shared_ptr<http::stream> out,
                     std::shared_ptr<std::atomic<bool>> gone,
                     std::int64_t position, bool live) {
  const auto id = ++last_key_;
  sessions_.emplace(id,
                    session{std::move(out), std::move(gone), position, live});
  return id;
}

bool event_sessions::write(session& to, const published_event& event,
                           const std::string& frame) {
  if (*to.gone)
    return false;
  if (event.position <= to.position)
    return true;
  to.position = event.position;
  return to.out->write(frame);
}

std::size_t
event_sessions::publish(const std::vector<published_event>& events) {
  if (sessions_.empty()) {
    if (!events.empty())
      note_newest(events.back().position);
    return 0;
  }
  for (const auto& event : events) {
    const auto frame = sse_frame(event);
    for (auto at = sessions_.begin(); at != sessions_.end();)
      if (at->second.live && !write(at->second, event, frame))
        at = sessions_.erase(at);
      else
        ++at;
    note_newest(event.position);
  }
  return sessions_.size();
}

std::int64_t event_sessions::replay(key id,
                                    const std::vector<published_event>& events,
                                    std::int64_t newest) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end())
    return -1;
  auto& to = at->second;
  for (const auto& event : events)
    if (!write(to, event, sse_frame(event))) {
      sessions_.erase(at);
      return -1;
    }
  note_newest(newest);
  // An answer older than what was heard since says nothing about the rest; one
  // that is not, and is empty, says that the rest was pruned.
  if (to.position < seen_ && (!events.empty() || newest < seen_))
    return to.position;
  // Also where a client asks for a position that was never given.
  to.position = seen_;
  to.live = true;
  return -1;
}

std::vector<std::pair<event_sessions::key, std::int64_t>>
event_sessions::stall() {
  std::vector<std::pair<key, std::int64_t>> stalled;
  for (auto& [id, open] : sessions_)
    if (std::exchange(open.live, false))
      stalled.emplace_back(id, open.position);
  return stalled;
}

bool event_sessions::leaves_gap(const std::vector<published_event>& events,
                                std::int64_t newest) const noexcept {
  auto heard = seen_;
  for (const auto& event : events) {
    if (event.position > heard + 1)
      return true;
    heard = std::max(heard, event.position);
  }
  return newest > heard;
}

void event_sessions::beat() {
  std::erase_if(sessions_, [](auto& entry) {
    return *entry.second.gone || !entry.second.out->write(": alive\n\n");
  });
}

void event_sessions::close(key id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end())
    return;
  at->second.out->close();
  sessions_.erase(at);
}

void event_sessions::close_all() {
  for (auto& [id, open] : sessions_)
    open.out->close();
  sessions_.clear();
}

void event_sessions::note_newest(std::int64_t position) {
  seen_ = std::max(seen_, position);
}

} // namespace telltale

#include "commands/sink/sink_limits.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/object.hpp>

namespace telltale::commands {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

using scope = sink_limit::scope;

/// Windows in memory before those that count nothing are forgotten.
constexpr std::size_t windows_before_sweep = 4'096;

constexpr std::array<sink_limit, 17> limits{{
    {"octo", scope::chat, 5, 1s},
    {"octo", scope::app, 50, 1s},
    {"lark", scope::chat, 5, 1s},
    {"lark", scope::app, 50, 1s},
    {"lark", scope::app, 1'000, 60s},
    // One a second; "short bursts" are allowed, how short is not said.
    {"slack", scope::chat, 3, 3s},
    {"slack", scope::app, 300, 60s},
    {"telegram", scope::chat, 3, 3s},
    {"telegram", scope::group, 20, 60s},
    {"telegram", scope::app, 30, 1s},
    {"lark-bot", scope::chat, 5, 1s},
    {"lark-bot", scope::chat, 100, 60s},
    {"slack-webhook", scope::chat, 3, 3s},
    {"discord", scope::chat, 5, 2s},
    {"discord", scope::chat, 30, 60s},
    {"dingtalk", scope::chat, 20, 60s, 10min},
    {"wecom", scope::chat, 20, 60s},
}};

std::string_view name_of(scope per) noexcept {
  switch (per) {
  case scope::chat:
    return "chat";
  case scope::group:
    return "group";
  case scope::app:
    break;
  }
  return "app";
}

bool binds(const sink_limit& limit, const std::string& relay,
           const std::string& chat) {
  if (!limit.relay.empty() && limit.relay != relay)
    return false;
  return limit.per != scope::group || chat.starts_with('-')
         || chat.starts_with('@');
}

std::chrono::milliseconds left(sink_limiter::moment until,
                               sink_limiter::moment now) {
  return std::chrono::ceil<std::chrono::milliseconds>(until - now);
}

} // namespace

std::span<const sink_limit> real_limits() noexcept {
  return limits;
}

sink_limiter::sink_limiter(bool real, std::uint32_t per_second) {
  if (real)
    for (const auto& limit : limits)
      rules_.push_back({limit, {}});
  if (per_second > 0)
    rules_.push_back({{{}, scope::chat, per_second, 1s, 0ms}, {}});
}

std::optional<sink_limiter::refusal>
sink_limiter::admit(const std::string& relay, const std::string& chat,
                    moment now) {
  std::optional<refusal> result;
  rule* breaks = nullptr;
  std::vector<window*> counted;
  forget_quiet(now);
  for (std::size_t n = 0; n < rules_.size(); ++n) {
    const auto& limit = rules_[n].limit;
    if (!binds(limit, relay, chat))
      continue;
    auto key = std::to_string(n) + "/" + relay;
    if (limit.per != scope::app)
      key += "/" + chat;
    auto& of = windows_[key];
    while (!of.taken.empty() && now - of.taken.front() >= limit.within)
      of.taken.pop_front();
    auto wait = 0ms;
    if (of.taken.size() >= limit.most) {
      wait = left(of.taken.front() + limit.within, now);
      if (limit.shut_out > 0ms)
        of.shut_until = now + limit.shut_out;
    }
    if (of.shut_until > now)
      wait = std::max(wait, left(of.shut_until, now));
    if (wait > 0ms && (!result || wait > result->wait)) {
      result = refusal{limit.per, limit.most, wait};
      breaks = &rules_[n];
    }
    counted.push_back(&of);
  }
  if (result) {
    ++breaks->refused[relay];
    return result;
  }
  for (auto* of : counted)
    of->taken.push_back(now);
  return std::nullopt;
}

json::array sink_limiter::list() const {
  json::array result;
  for (const auto& [limit, refused] : rules_) {
    std::uint64_t count = 0;
    for (const auto& [relay, of] : refused)
      count += of;
    result.push_back(
        json::object{{"relay", limit.relay.empty() ? "any" : limit.relay},
                     {"per", name_of(limit.per)},
                     {"most", limit.most},
                     {"within_ms", limit.within.count()},
                     {"refused", count}});
  }
  return result;
}

std::uint64_t sink_limiter::refused(std::string_view relay) const {
  std::uint64_t count = 0;
  for (const auto& [limit, refused] : rules_)
    if (const auto found = refused.find(std::string{relay});
        found != refused.end())
      count += found->second;
  return count;
}

void sink_limiter::forget_quiet(moment now) {
  if (windows_.size() < windows_before_sweep)
    return;
  std::erase_if(windows_, [&](const auto& entry) {
    std::size_t n = 0;
    std::from_chars(entry.first.data(),
                    entry.first.data() + entry.first.find('/'), n);
    const auto& of = entry.second;
    return of.shut_until <= now
           && (of.taken.empty()
               || now - of.taken.back() >= rules_[n].limit.within);
  });
}

} // namespace telltale::commands

#include "actors/persistence/lifecycle/routes.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace telltale {

namespace json = boost::json;

namespace {

/// The label's value as a pattern sees it; nothing if there is none.
std::optional<std::string> label_of(const json::value& labels,
                                    std::string_view name) {
  const auto* all = labels.if_object();
  const auto* value = all == nullptr ? nullptr : all->if_contains(name);
  if (value == nullptr)
    return std::nullopt;
  return value->is_string() ? std::string{value->get_string()}
                            : json::serialize(*value);
}

bool fit(const std::map<std::string, std::string>& patterns,
         const std::string& labels) {
  if (patterns.empty())
    return true;
  boost::system::error_code error;
  const auto given = json::parse(labels, error);
  return !error && std::ranges::all_of(patterns, [&](const auto& one) {
    const auto value = label_of(given, one.first);
    return value && fits_pattern(one.second, *value);
  });
}

void add(std::vector<chosen_chat>& to, const chat_binding& chat, told_via via) {
  const bool known = std::ranges::any_of(to, [&](const chosen_chat& one) {
    return one.chat.relay == chat.relay && one.chat.chat_id == chat.chat_id;
  });
  if (!known)
    to.push_back({chat, via});
}

} // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) noexcept {
  // Where the last `*` was, and how much of the text it has taken so far.
  auto star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      taken = at;
    } else if (in_pattern < pattern.size()
               && (pattern[in_pattern] == '?'
                   || pattern[in_pattern] == text[at])) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

bool fits(const route_match& match, const routed_task& task) {
  const auto one = [](const std::string& pattern, const std::string& text) {
    return pattern.empty() || fits_pattern(pattern, text);
  };
  return one(match.kind, task.kind) && one(match.workspace, task.workspace)
         && (!task.reason || one(match.reason, *task.reason))
         && fit(match.labels, task.labels);
}

std::vector<chosen_chat>
choose_chats(const routed_task& task,
             const std::optional<chat_binding>& session,
             const chat_routing& rules) {
  std::vector<chosen_chat> result;
  if (session) {
    add(result, *session, told_via::session);
    return result;
  }
  for (const auto& rule : rules.routes) {
    if (!fits(rule.match, task))
      continue;
    for (const auto& chat : rule.to)
      add(result, chat, told_via::route);
    // Another reason may go to another route.
    const bool may_go_on = !task.reason && !rule.match.reason.empty();
    if (!rule.continues && !may_go_on)
      return result;
  }
  if (result.empty())
    for (const auto& chat : rules.default_chats)
      add(result, chat, told_via::fallback);
  return result;
}

bool reads_labels(const chat_routing& rules) {
  return std::ranges::any_of(rules.routes, [](const chat_route& one) {
    return !one.match.labels.empty();
  });
}

} // namespace telltale

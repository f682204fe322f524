#include "actors/relay/relay_batch.hpp"

#include <algorithm>

namespace telltale {

namespace {

delivery_result dead(const delivery_id& id, std::string why) {
  delivery_result result;
  result.id = id;
  result.state = delivery_state::dead;
  result.error = std::move(why);
  result.counts = false;
  return result;
}

bool tells_failure(const read_delivery& x) {
  return x.due.type == event_type::task_failed;
}

/// Splits what gets a message from what gets none.
std::map<std::string, std::vector<read_delivery>>
read_by_chat(std::vector<due_delivery> due, sorted_batch& result,
             std::vector<std::string>& order) {
  std::map<std::string, std::vector<read_delivery>> chats;
  for (auto& one : due) {
    auto what = read_notice(one.payload, one.envelope);
    what.type = to_string(one.type);
    if (one.type != event_type::task_failed
        && one.type != event_type::task_recovered) {
      result.settled.push_back(
          dead(one.id, "chats are not told of " + what.type));
      continue;
    }
    if (one.type == event_type::task_failed && what.retry_pending) {
      result.settled.push_back(
          dead(one.id, "not told: another attempt is coming"));
      continue;
    }
    const auto key = lane_of(one);
    auto& chat = chats[key];
    if (chat.empty())
      order.push_back(key);
    chat.push_back({std::move(one), std::move(what)});
  }
  return chats;
}

/// The store gave what a count needs and no words.
bool lacks_words(const read_delivery& x) {
  return tells_failure(x) && x.due.envelope.empty() && !x.due.payload.empty();
}

void add_single(sorted_batch& result, const std::string& key,
                read_delivery one) {
  if (lacks_words(one)) {
    // It comes with its words once those before it are out of the way.
    result.settled.push_back(put_back(one.due.id, {}, {}));
    return;
  }
  draft single;
  single.lane = key;
  single.of.push_back(std::move(one));
  result.drafts.push_back(std::move(single));
}

void add_gathered(sorted_batch& result, const std::string& key,
                  std::vector<read_delivery> failures) {
  draft storm;
  storm.lane = key;
  storm.gathered = true;
  storm.of = std::move(failures);
  result.drafts.push_back(std::move(storm));
}

void gather(sorted_batch& result, const std::string& key,
            std::vector<read_delivery> chat) {
  std::vector<read_delivery> failures;
  std::vector<read_delivery> others;
  for (auto& one : chat)
    (tells_failure(one) ? failures : others).push_back(std::move(one));
  add_gathered(result, key, std::move(failures));
  for (auto& one : others)
    add_single(result, key, std::move(one));
}

/// Did somebody have it who has not said what became of it?
bool was_left(const read_delivery& x) {
  return x.due.message == x.due.id && x.due.tries == 0;
}

/// What may have been sent before goes as it went, alone or with the same
/// others, ahead of the rest, which is left in `chat`. So many that were left
/// behind that they cannot have been sent one by one, were not sent.
void add_as_before(sorted_batch& result, const std::string& key,
                   std::vector<read_delivery>& chat,
                   const config::relay_config& options) {
  const bool gathers = options.digest_window.count() > 0;
  const bool too_many =
      gathers
      && std::ranges::count_if(chat, was_left) > options.digest_threshold;
  std::vector<std::vector<read_delivery>> before;
  std::vector<read_delivery> rest;
  for (auto& one : chat) {
    if (!one.due.message || (too_many && was_left(one))) {
      rest.push_back(std::move(one));
      continue;
    }
    const auto same = std::ranges::find_if(before, [&](const auto& message) {
      return message.front().due.message == one.due.message;
    });
    if (same != before.end())
      same->push_back(std::move(one));
    else
      before.emplace_back().push_back(std::move(one));
  }
  for (auto& message : before)
    if (message.size() > 1)
      add_gathered(result, key, std::move(message));
    else
      add_single(result, key, std::move(message.front()));
  chat = std::move(rest);
}

} // namespace

std::vector<raw_text> draft::texts() const {
  std::vector<raw_text> result;
  if (!gathered)
    return {raw_text{of.front().what.detail}, raw_text{of.front().what.title}};
  for (const auto& one : of) {
    if (result.size() == digest_titles)
      break;
    if (!one.what.title.empty())
      result.emplace_back(one.what.title);
  }
  return result;
}

std::string lane_of(const due_delivery& due) {
  return due.chat.chat_id.empty() ? to_string(due.id) : due.chat.chat_id;
}

delivery_result put_back(const delivery_id& id, std::chrono::milliseconds wait,
                         std::string why) {
  delivery_result result;
  result.id = id;
  result.retry_in = wait;
  result.error = std::move(why);
  result.counts = false;
  return result;
}

sorted_batch sort_batch(std::vector<due_delivery> due,
                        std::map<std::string, recent_failures>& told,
                        const config::relay_config& options,
                        std::size_t per_chat, steady_time now) {
  using action = digest_plan::action;
  sorted_batch result;
  std::vector<std::string> order;
  auto chats = read_by_chat(std::move(due), result, order);
  for (const auto& key : order) {
    auto& chat = chats[key];
    auto& before = told[key];
    before.forget_before(now - options.digest_window);
    const bool all_there = chat.size() < per_chat;
    add_as_before(result, key, chat, options);
    const auto failures =
        static_cast<std::size_t>(std::ranges::count_if(chat, tells_failure));
    const auto plan = plan_digest(
        failures, before, static_cast<std::size_t>(options.digest_threshold),
        options.digest_window, all_there, now);
    if (plan.what != action::hold)
      before.set_behind(!all_there);
    if (plan.what == action::hold && failures > 0) {
      for (const auto& one : chat)
        result.settled.push_back(put_back(one.due.id, plan.hold_for, {}));
    } else if (plan.what == action::gather && failures > 1) {
      gather(result, key, std::move(chat));
    } else {
      for (auto& one : chat)
        add_single(result, key, std::move(one));
    }
  }
  return result;
}

rendered word(const draft& what, const std::vector<redacted_text>& narrowed,
              const config::relay_config& options,
              std::size_t detail_characters) {
  const auto& first = what.of.front();
  const auto& words = catalog::of(first.due.chat.locale, options.locale);
  if (what.gathered) {
    std::vector<std::string> reasons;
    for (const auto& one : what.of)
      reasons.push_back(one.what.reason);
    std::vector<std::string> titles;
    for (const auto& title : narrowed)
      titles.push_back(title.view());
    return render_digest(reasons, titles, words);
  }
  auto seen = first.what;
  seen.detail = narrowed.at(0).view();
  seen.title = narrowed.at(1).view();
  return render(seen, words, parse_detail_style(options.detail_style),
                detail_characters);
}

ready_message make_ready(draft what, rendered words, redacted_text text) {
  auto& first = what.of.front().due;
  ready_message result;
  result.what.key = first.id;
  result.what.chat = first.chat;
  result.what.message = std::move(words);
  result.what.envelope = std::move(first.envelope);
  result.text = std::move(text);
  result.tries = first.tries;
  result.created_at = first.created_at;
  for (const auto& one : what.of) {
    result.deliveries.push_back(one.due.id);
    result.failures += tells_failure(one) ? 1U : 0U;
  }
  return result;
}

} // namespace telltale

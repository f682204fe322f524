#include "actors/relay/delivery/relay_batch.hpp"

#include <algorithm>

namespace telltale {

namespace {

delivery_result dead(const delivery_id& id, std::string explanation) {
  delivery_result result;
  result.id = id;
  result.state = delivery_state::dead;
  result.error = std::move(explanation);
  result.counts = false;
  return result;
}

event_type type_of(const notice& x) {
  return x.payload->facts().type;
}

/// A correction that comes instead of what it corrects is a failure like any
/// other.
bool tells_failure(const notice& x) {
  return type_of(x) == event_type::task_failed
         || (type_of(x) == event_type::task_amended && !x.corrects);
}

bool is_for_people(const notice& x) {
  return tells_failure(x) || type_of(x) == event_type::task_amended
         || type_of(x) == event_type::task_recovered;
}

/// Splits what gets a message from what gets none.
std::map<std::string, std::vector<notice>>
sort_by_chat(std::vector<notice> due, sorted_batch& result,
             std::vector<std::string>& order) {
  std::map<std::string, std::vector<notice>> chats;
  for (auto& one : due) {
    if (!is_for_people(one)) {
      result.settled.push_back(
          dead(one.id, "chats are not told of " + to_string(type_of(one))));
      continue;
    }
    if (one.payload->facts().will_retry) {
      result.settled.push_back(
          dead(one.id, "not told: another attempt is coming"));
      continue;
    }
    const auto key = queue_of(one);
    auto& chat = chats[key];
    if (chat.empty())
      order.push_back(key);
    chat.push_back(std::move(one));
  }
  return chats;
}

void add_single(sorted_batch& result, const std::string& key, notice one) {
  if (!one.whole) {
    // It comes with its texts once those before it are out of the way.
    result.settled.push_back(put_back(one.id, {}, {}));
    return;
  }
  draft single;
  single.queue = key;
  single.of.push_back(std::move(one));
  result.drafts.push_back(std::move(single));
}

void add_gathered(sorted_batch& result, const std::string& key,
                  std::vector<notice> failures) {
  draft storm;
  storm.queue = key;
  storm.gathered = true;
  storm.of = std::move(failures);
  result.drafts.push_back(std::move(storm));
}

void gather(sorted_batch& result, const std::string& key,
            std::vector<notice> chat) {
  std::vector<notice> failures;
  std::vector<notice> others;
  for (auto& one : chat)
    (tells_failure(one) ? failures : others).push_back(std::move(one));
  add_gathered(result, key, std::move(failures));
  for (auto& one : others)
    add_single(result, key, std::move(one));
}

/// Did somebody have it who has not said what became of it?
bool was_left(const notice& x) {
  return x.message == x.id && x.tries == 0;
}

/// What may have been sent before goes as it went, alone or with the same
/// others, ahead of the rest, which is left in `chat`. So many that were left
/// behind that they cannot have been sent one by one, were not sent.
void add_as_before(sorted_batch& result, const std::string& key,
                   std::vector<notice>& chat,
                   const config::relay_config& options) {
  const bool gathers = options.digest_window.count() > 0;
  const bool too_many =
      gathers
      && std::ranges::count_if(chat, was_left) > options.digest_threshold;
  std::vector<std::vector<notice>> before;
  std::vector<notice> rest;
  for (auto& one : chat) {
    if (!one.message || (too_many && was_left(one))) {
      rest.push_back(std::move(one));
      continue;
    }
    const auto same = std::ranges::find_if(before, [&](const auto& message) {
      return message.front().message == one.message;
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

std::string queue_of(const due_delivery& due) {
  return due.chat.chat_id.empty() ? to_string(due.id) : due.chat.chat_id;
}

delivery_result put_back(const delivery_id& id, std::chrono::milliseconds wait,
                         std::string explanation) {
  delivery_result result;
  result.id = id;
  result.retry_in = wait;
  result.error = std::move(explanation);
  result.counts = false;
  return result;
}

sorted_batch sort_batch(std::vector<notice> due,
                        std::map<std::string, recent_failures>& told,
                        const config::relay_config& options,
                        std::size_t per_chat, steady_time now) {
  using action = digest_plan::action;
  sorted_batch result;
  std::vector<std::string> order;
  auto chats = sort_by_chat(std::move(due), result, order);
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
        result.settled.push_back(put_back(one.id, plan.hold_for, {}));
    } else if (plan.what == action::gather && failures > 1) {
      gather(result, key, std::move(chat));
    } else {
      for (auto& one : chat)
        add_single(result, key, std::move(one));
    }
  }
  return result;
}

rendered render(const draft& what, const config::relay_config& options,
                std::size_t detail_characters, bool dedupes) {
  const auto& first = what.of.front();
  const auto& words = catalog::of(first.chat.locale, options.locale);
  if (!what.gathered) {
    auto facts = message_facts_of(*first.payload);
    facts.corrects = first.corrects;
    facts.repeats = !dedupes && first.message.has_value();
    return render(facts, words, parse_detail_style(options.detail_style),
                  detail_characters);
  }
  std::vector<gathered_failure> failures;
  failures.reserve(what.of.size());
  for (const auto& one : what.of) {
    auto facts = message_facts_of(*one.payload);
    failures.push_back({std::move(facts.reason), one.payload->facts().cause,
                        std::move(facts.telling_line), std::move(facts.title)});
  }
  auto digest = render_digest(failures, first.payload->run_url(), words);
  if (!dedupes && first.message)
    digest.doubt = words.phrase("repeat");
  return digest;
}

ready_message make_ready(const draft& what, rendered message) {
  const auto& first = what.of.front();
  ready_message result;
  result.what.key = first.id;
  result.what.chat = first.chat;
  result.text = as_text(message);
  result.what.message = std::move(message);
  result.tries = first.tries;
  result.created_at = first.created_at;
  for (const auto& one : what.of) {
    result.deliveries.push_back(one.id);
    result.failures += tells_failure(one) ? 1U : 0U;
  }
  return result;
}

ready_message make_envelope(notice what) {
  ready_message result;
  result.what.key = what.id;
  result.what.chat = what.chat;
  result.what.envelope = what.payload->envelope();
  result.tries = what.tries;
  result.created_at = what.created_at;
  result.deliveries = {what.id};
  result.failures = tells_failure(what) ? 1U : 0U;
  return result;
}

} // namespace telltale

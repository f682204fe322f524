#include "commands/operate/why.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "actors/failed_task_payload/read.hpp"
#include "commands/client/runner_client.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

/// What did not happen, by kind; other kinds "did not post".
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> undone{{
    {"build", "Build did not finish"},
    {"test", "Tests did not pass"},
    {"deploy", "Deployment did not finish"},
    {"exec", "Command did not succeed"},
}};

std::optional<timestamp> time_at(const json::value& from,
                                 std::string_view key) {
  const auto text = text_at(from, key);
  return text.empty() ? std::nullopt : parse_rfc3339(text);
}

const json::array& list_at(const json::value& from, std::string_view key) {
  static const json::array none;
  const auto* object = from.if_object();
  const auto* found = object != nullptr ? object->if_contains(key) : nullptr;
  const auto* list = found != nullptr ? found->if_array() : nullptr;
  return list != nullptr ? *list : none;
}

std::string capitalised(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == '-' || c == '_' || c == '.'; }, ' ');
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

bool is_failure(std::string_view status) {
  return status == "failed" || status == "timed_out";
}

/// The copy of a reason; the default sentence for one outside the taxonomy.
std::string copy_of(const json::value& reasons, std::string_view wire,
                    std::string_view locale) {
  for (const auto& row : list_at(reasons, "failure_reasons")) {
    if (text_at(row, "failure_reason") != wire)
      continue;
    const auto& copy = row.as_object().at("copy");
    auto text = text_at(copy, locale);
    return printable(text.empty() ? text_at(copy, "en") : text);
  }
  return "The run failed for a reason that this service has no words for.";
}

/// The line that says why.
std::string telling_line(const json::value& from) {
  const auto line = text_at(from, "telling_line");
  return first_line(line.empty() ? text_at(from, "error_detail") : line);
}

std::string headline(const json::value& task, const json::value& reasons,
                     std::string_view locale) {
  const auto status = text_at(task, "status");
  const auto outcome = text_at(task, "outcome");
  const auto kind = text_at(task, "kind");
  // What the platform itself says is no detail of the run.
  const auto why = is_sentinel(text_at(task, "error_detail"))
                       ? std::string{}
                       : telling_line(task);
  const auto not_posted = capitalised(printable(kind)) + " did not post: ";
  if (outcome == "silent_noop")
    return not_posted + (why.empty() ? "it ended well and said nothing" : why);
  if (is_failure(status)) {
    const auto* row =
        std::find_if(undone.begin(), undone.end(),
                     [&](const auto& each) { return each.first == kind; });
    const auto what =
        row != undone.end() ? std::string{row->second} + ": " : not_posted;
    return what
           + (why.empty()
                  ? copy_of(reasons, text_at(task, "failure_reason"), locale)
                  : why);
  }
  if (outcome == "delivered")
    return "It succeeded and delivered what it was asked for.";
  if (outcome == "clean")
    return "It succeeded; there was rightly nothing to post.";
  if (outcome == "unverified")
    return "It succeeded; whether it delivered anything, its runner did not "
           "say.";
  if (outcome == "cancelled")
    return "It was cancelled.";
  if (status == "queued")
    return text_at(task, "failure_reason").empty()
               ? "It waits for a runner."
               : "It waits for another attempt.";
  return "It is under way.";
}

table_cell state_cell(const std::string& state) {
  if (is_failure(state) || state == "dead")
    return {state, colour::red};
  if (state == "succeeded" || state == "sent" || state == "delivered"
      || state == "clean")
    return {state, colour::green};
  if (state == "silent_noop" || state == "pending")
    return {state, colour::yellow};
  return {printable(state), colour::plain};
}

std::string took(const json::value& attempt, timestamp now) {
  const auto began = time_at(attempt, "started_at");
  if (!began)
    return "";
  return span_words(time_at(attempt, "ended_at").value_or(now) - *began);
}

std::string attempts_table(const json::value& task, const terminal& on,
                           timestamp now) {
  table rows{{"", "status", "took", "runner", "reason", "detail"}};
  std::string extra;
  for (const auto& each : list_at(task, "attempts")) {
    const auto number = number_at(each, "attempt")
                            .value_or(number_at(each, "number").value_or(0));
    rows.add({{std::to_string(number), colour::bold},
              state_cell(text_at(each, "status")),
              {took(each, now)},
              {printable(text_at(each, "runner_id"))},
              {printable(text_at(each, "failure_reason"))},
              {telling_line(each)}});
    const auto* late = each.as_object().if_contains("late_report");
    if (late != nullptr && late->is_object())
      extra += "  Attempt " + std::to_string(number)
               + " reported again after its end: "
               + printable(text_at(*late, "status")) + " "
               + first_line(text_at(*late, "error_detail")) + "\n";
  }
  if (rows.empty())
    return "  None has started yet.\n";
  return rows.print(on, 2) + extra;
}

std::string delivery_note(const json::value& delivery, timestamp now) {
  const auto state = text_at(delivery, "state");
  const auto error = first_line(text_at(delivery, "last_error"));
  if (state == "sent") {
    const auto sent = time_at(delivery, "sent_at");
    const auto text = first_line(text_at(delivery, "text"));
    return (sent ? age_words(*sent, now) : std::string{})
           + (text.empty() ? "" : ": " + text);
  }
  if (state == "dead")
    return error;
  const auto next = time_at(delivery, "next_try_at");
  return "next try " + (next ? age_words(*next, now) : std::string{"soon"})
         + (error.empty() ? "" : ": " + error);
}

std::string told_table(const json::value& task, const terminal& on,
                       timestamp now) {
  table rows{{"state", "relay", "chat", "tries", "what"}};
  for (const auto& each : list_at(task, "deliveries"))
    rows.add({state_cell(text_at(each, "state")),
              {printable(text_at(each, "relay"))},
              {printable(text_at(each, "chat_id"))},
              {std::to_string(number_at(each, "tries").value_or(0))},
              {delivery_note(each, now)}});
  if (!rows.empty())
    return rows.print(on, 2);
  if (text_at(task, "chat_session_id").empty())
    return "  Nobody: the task names no chat session.\n";
  if (is_failure(text_at(task, "status")))
    return "  Nobody yet: is chat session "
           + printable(text_at(task, "chat_session_id"))
           + " bound to a chat?\n";
  return "  Nobody: there is nothing to tell.\n";
}

std::string rest_of(std::string_view detail) {
  const auto text = printable(detail, true);
  std::string out;
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out += "    " + text.substr(begin, end - begin) + "\n";
    ++lines;
    begin = end + 1;
  }
  return lines > 1 ? out : std::string{};
}

} // namespace

std::string task_named(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  while (!text.empty() && text.back() == '/')
    text.remove_suffix(1);
  const auto runs = text.rfind("/runs/");
  if (runs != std::string_view::npos)
    text.remove_prefix(runs + 6);
  return std::string{text};
}

std::string why_screen(const json::value& task, const json::value& reasons,
                       std::string_view locale, const terminal& on,
                       timestamp now) {
  const auto status = text_at(task, "status");
  const auto outcome = text_at(task, "outcome");
  const auto reason = text_at(task, "failure_reason");
  const auto state =
      state_cell(outcome.empty() || is_failure(status) ? status : outcome);
  const auto attempt = number_at(task, "attempt").value_or(0);
  const auto most = number_at(task, "max_attempts").value_or(0);

  std::string out = on.paint(colour::bold, headline(task, reasons, locale));
  out += "\n\n  " + on.paint(state.in, state.text) + "  "
         + printable(text_at(task, "kind"));
  if (const auto title = first_line(text_at(task, "title")); !title.empty())
    out += " \u201c" + title + "\u201d";
  out += ", attempt " + std::to_string(attempt) + " of " + std::to_string(most);
  if (const auto ended = time_at(task, "completed_at"))
    out += ", ended " + age_words(*ended, now) + " ("
           + text_at(task, "completed_at") + ")";
  else if (const auto made = time_at(task, "created_at"))
    out += ", made " + age_words(*made, now);
  out += "\n  " + on.paint(colour::dim, text_at(task, "id")) + "\n";
  if (!reason.empty())
    out += "  " + printable(reason) + ": " + copy_of(reasons, reason, locale)
           + "\n";
  if (const auto next = time_at(task, "run_after");
      next && status == "queued" && *next > now)
    out += "  The next attempt is due " + age_words(*next, now) + ".\n";
  if (const auto more = rest_of(text_at(task, "error_detail")); !more.empty())
    out += "\n" + on.paint(colour::bold, "Detail") + "\n" + more;
  out += "\n" + on.paint(colour::bold, "Attempts") + "\n"
         + attempts_table(task, on, now);
  out +=
      "\n" + on.paint(colour::bold, "Told") + "\n" + told_table(task, on, now);
  return out;
}

} // namespace telltale::commands

#include "actors/relay/text/render.hpp"

#include <algorithm>

#include "actors/relay/text/circumstance.hpp"
#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

constexpr std::string_view bad_news_mark = "⚠️ ";
constexpr std::string_view good_news_mark = "✅ ";
constexpr std::size_t title_characters = 120;

/// Which of several; the only one needs no number.
std::string attempt_of(const message_facts& what, const catalog& words) {
  const auto all = std::max(what.attempt, what.max_attempts);
  if (what.attempt < 1 || all < 2)
    return {};
  return fill(fill(words.phrase("attempt"), "n", std::to_string(what.attempt)),
              "m", std::to_string(all));
}

/// To the minute.
std::string moment_of(timestamp when, const catalog& words) {
  if (when == timestamp{})
    return {};
  constexpr std::size_t date = 10;
  constexpr std::size_t minutes = 16;
  auto text = format_rfc3339(when).substr(0, minutes);
  text.at(date) = ' ';
  return fill(words.phrase("when"), "time", text);
}

/// What happened and what to do, by what is known beside the reason.
std::string copy_of(const message_facts& what, const catalog& words) {
  if (what.recovered)
    return words.recovered();
  const auto circumstance = circumstance_of(what);
  return circumstance.empty() ? words.copy(what.reason)
                              : words.circumstance(circumstance);
}

/// Does the text's first line say what a telling line says, where a reader
/// finds it? A telling line may have been cut at both ends.
bool leads_with(std::string_view text, std::string_view line,
                std::size_t characters) {
  constexpr std::string_view cut = "…";
  if (line.starts_with(cut))
    line.remove_prefix(cut.size());
  if (line.ends_with(cut))
    line.remove_suffix(cut.size());
  const auto first = one_line(text.substr(0, text.find('\n')));
  const auto at = first.find(line);
  return at != std::string::npos && at + line.size() <= characters;
}

/// First the line that says what went wrong, if it is not first anyway.
std::string detail_of(const message_facts& what, std::size_t characters) {
  auto text = tidy(what.detail);
  const auto line = one_line(what.telling_line);
  if (!line.empty() && !leads_with(text, line, characters))
    text = line + "\n\n" + text;
  return excerpt(text, characters);
}

void append_part(std::string& line, std::string_view part,
                 std::string_view separator) {
  if (part.empty())
    return;
  if (!line.empty())
    line += separator;
  line += part;
}

void add_line(std::string& text, std::string_view line) {
  if (line.empty())
    return;
  text += '\n';
  text += line;
}

} // namespace

detail_style parse_detail_style(std::string_view text) noexcept {
  if (text == "reason_first")
    return detail_style::reason_first;
  return text == "error_first" ? detail_style::error_first : detail_style::both;
}

message_facts message_facts_of(const event_payload& payload) {
  const auto& facts = payload.facts();
  message_facts what;
  what.recovered = facts.type == event_type::task_recovered;
  if (facts.origin == detail_origin::runner) {
    what.detail = facts.error.view();
    what.telling_line = facts.telling_line.view();
  }
  if (facts.failure_reason)
    what.reason = facts.failure_reason->wire;
  what.title = facts.title.view();
  what.run_url = payload.run_url();
  what.happened_at = facts.occurred_at;
  what.attempt = facts.attempt;
  what.max_attempts = facts.max_attempts;
  return what;
}

rendered render(const message_facts& what, const catalog& words,
                detail_style style, std::size_t detail_characters) {
  rendered result;
  result.good_news = what.recovered;
  std::string mark{result.good_news ? good_news_mark : bad_news_mark};
  if (what.corrects && !result.good_news)
    mark += words.phrase("correction") + words.phrase("join");
  result.copy = mark + copy_of(what, words);
  result.message = result.copy;
  const auto detail = result.good_news || style == detail_style::reason_first
                              || is_blank(what.detail)
                          ? std::string{}
                          : detail_of(what, detail_characters);
  if (!detail.empty() && style == detail_style::both)
    result.detail = detail;
  else if (!detail.empty())
    result.message = mark + detail;
  result.title = excerpt(one_line(what.title), title_characters);
  result.attempt = attempt_of(what, words);
  result.when = moment_of(what.happened_at, words);
  if (what.repeats)
    result.doubt = words.phrase("repeat");
  result.link = is_plain_link(what.run_url) ? what.run_url : std::string{};
  result.open_run = words.phrase("open_run");
  result.untitled = words.phrase("untitled");
  result.separator = words.phrase("separator");
  return result;
}

std::string run_line(const rendered& what) {
  auto line = what.title;
  append_part(line, attempt_line(what), what.separator);
  return line;
}

std::string attempt_line(const rendered& what) {
  auto line = what.attempt;
  append_part(line, what.when, what.separator);
  return line;
}

std::string as_text(const rendered& what) {
  auto text = what.message;
  add_line(text, what.detail);
  add_line(text, run_line(what));
  add_line(text, what.doubt);
  add_line(text, what.link);
  return text;
}

} // namespace telltale

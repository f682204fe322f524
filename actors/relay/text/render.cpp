#include "actors/relay/text/render.hpp"

#include <algorithm>

#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

constexpr std::string_view bad_news_mark = "⚠️ ";
constexpr std::string_view good_news_mark = "✅ ";
constexpr std::size_t title_characters = 120;

std::string attempt_line(const message_facts& what, const catalog& words) {
  if (what.attempt < 1)
    return {};
  const auto all = std::max(what.attempt, what.max_attempts);
  return fill(fill(words.word("attempt"), "n", std::to_string(what.attempt)),
              "m", std::to_string(all));
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
  return text == "both" ? detail_style::both : detail_style::error_first;
}

message_facts message_facts_of(const event_payload& payload) {
  const auto& facts = payload.facts();
  message_facts what;
  what.recovered = facts.type == event_type::task_recovered;
  if (facts.origin == detail_origin::runner)
    what.detail = facts.error.view();
  if (facts.failure_reason)
    what.reason = facts.failure_reason->wire;
  what.title = facts.title.view();
  what.run_url = payload.run_url();
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
    mark += words.word("correction") + words.word("join");
  result.copy =
      mark + (result.good_news ? words.recovered() : words.copy(what.reason));
  result.message = result.copy;
  const auto detail = result.good_news || style == detail_style::reason_first
                              || is_blank(what.detail)
                          ? std::string{}
                          : excerpt(tidy(what.detail), detail_characters);
  if (!detail.empty() && style == detail_style::both)
    result.detail = detail;
  else if (!detail.empty())
    result.message = mark + detail;
  result.title = excerpt(one_line(what.title), title_characters);
  result.attempt = attempt_line(what, words);
  result.link = is_plain_link(what.run_url) ? what.run_url : std::string{};
  result.open_run = words.word("open_run");
  result.untitled = words.word("untitled");
  result.separator = words.word("separator");
  return result;
}

std::string run_line(const rendered& what) {
  if (what.title.empty() || what.attempt.empty())
    return what.title + what.attempt;
  return what.title + what.separator + what.attempt;
}

std::string as_text(const rendered& what) {
  auto text = what.message;
  add_line(text, what.detail);
  add_line(text, run_line(what));
  add_line(text, what.link);
  return text;
}

} // namespace telltale

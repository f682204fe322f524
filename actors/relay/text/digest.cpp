#include "actors/relay/text/digest.hpp"

#include <algorithm>
#include <map>

#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"

namespace telltale {

namespace {

constexpr std::size_t reasons_shown = 8;
constexpr std::size_t causes_shown = 5;
constexpr std::size_t title_characters = 80;
constexpr std::size_t line_characters = 160;

struct tally {
  std::string words;
  std::size_t count = 0;
};

/// The most frequent first; those of one count in the order of their words.
std::vector<tally> count_by_reason(const std::vector<gathered_failure>& all,
                                   const catalog& words) {
  std::map<std::string, std::size_t> counts;
  for (const auto& one : all)
    ++counts[words.brief(one.reason)];
  std::vector<tally> result;
  for (auto& [text, count] : counts)
    result.push_back({text, count});
  std::ranges::stable_sort(result, std::greater{}, &tally::count);
  return result;
}

/// By the first telling line of each cause; causes without one are left out.
std::vector<tally> count_by_cause(const std::vector<gathered_failure>& all) {
  std::map<std::string_view, tally> causes;
  for (const auto& one : all) {
    if (one.cause.empty())
      continue;
    auto& counted = causes[one.cause];
    ++counted.count;
    if (counted.words.empty())
      counted.words = excerpt(one_line(one.telling_line), line_characters);
  }
  std::vector<tally> result;
  for (auto& [cause, counted] : causes)
    if (!counted.words.empty())
      result.push_back(std::move(counted));
  std::ranges::sort(result, {}, &tally::words);
  std::ranges::stable_sort(result, std::greater{}, &tally::count);
  return result;
}

std::string more_line(std::size_t count, const catalog& words) {
  return "\n"
         + fill(words.phrase("digest_more"), "count", std::to_string(count));
}

/// `3 × timed out`, in the reader's language.
std::string reason_line(const tally& one, const catalog& words) {
  return fill(
      fill(words.phrase("digest_reason"), "count", std::to_string(one.count)),
      "reason", one.words);
}

/// `lock held by job 17 (×3)`: no second list of the counts by reason.
std::string cause_line(const tally& one, const catalog&) {
  return one.words + " (×" + std::to_string(one.count) + ")";
}

/// A line for each of the first `most`, then how many the others count.
template <class Line> std::string tally_lines(const std::vector<tally>& tallies,
                                              std::size_t most,
                                              const catalog& words, Line line) {
  std::string text;
  std::size_t rest = 0;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (i >= most) {
      rest += tallies[i].count;
      continue;
    }
    text += "\n" + line(tallies[i], words);
  }
  if (rest > 0)
    text += more_line(rest, words);
  return text;
}

/// A line for each of the first titles, then how many runs have none there.
std::string title_lines(const std::vector<gathered_failure>& all,
                        const catalog& words) {
  std::string text;
  std::size_t named = 0;
  for (const auto& one : all) {
    if (named == digest_titles)
      break;
    const auto line = excerpt(one_line(one.title), title_characters);
    if (line.empty())
      continue;
    text += "\n• " + line;
    ++named;
  }
  if (named > 0 && named < all.size())
    text += more_line(all.size() - named, words);
  return text;
}

/// The page with all failures, where that of a run is.
std::string list_beside(std::string_view run_url) {
  const auto at = run_url.rfind("/runs/");
  if (at == std::string_view::npos || !is_plain_link(run_url))
    return {};
  return std::string{run_url.substr(0, at)} + "/runs?outcome=failed";
}

} // namespace

void recent_failures::add(std::size_t failures, steady_time now) {
  constexpr std::size_t most_entries = 64;
  if (entries_.size() == most_entries) {
    entries_[1].failures += entries_.front().failures;
    entries_.pop_front();
  }
  entries_.push_back({failures, now});
}

void recent_failures::forget_before(steady_time moment) {
  while (!entries_.empty() && entries_.front().at < moment)
    entries_.pop_front();
}

std::size_t recent_failures::count() const noexcept {
  std::size_t sum = 0;
  for (const auto& e : entries_)
    sum += e.failures;
  return sum;
}

digest_plan plan_digest(std::size_t pending, const recent_failures& told,
                        std::size_t threshold, std::chrono::milliseconds window,
                        bool all_there, steady_time now) {
  using action = digest_plan::action;
  if (pending + told.count() <= threshold || window.count() == 0)
    return {action::one_by_one, {}};
  const auto settle = [&] {
    return digest_plan{pending > 1 ? action::gather : action::one_by_one, {}};
  };
  if (told.empty() || !all_there || told.is_behind())
    return settle();
  const auto until = told.last() + std::min(window, longest_hold);
  if (now >= until)
    return settle();
  return {action::hold,
          std::chrono::ceil<std::chrono::milliseconds>(until - now)};
}

rendered render_digest(const std::vector<gathered_failure>& failures,
                       std::string_view run_url, const catalog& words) {
  const auto count = std::to_string(failures.size());
  rendered result;
  result.copy = "⚠️ " + fill(words.phrase("digest"), "count", count)
                + tally_lines(count_by_reason(failures, words), reasons_shown,
                              words, reason_line);
  result.message = result.copy;
  result.detail =
      tally_lines(count_by_cause(failures), causes_shown, words, cause_line)
      + title_lines(failures, words);
  if (!result.detail.empty())
    result.detail.erase(0, 1); // the first line's own line feed
  result.untitled = fill(words.phrase("digest_title"), "count", count);
  result.open_run = words.phrase("open_list");
  result.link = list_beside(run_url);
  result.separator = words.phrase("separator");
  return result;
}

} // namespace telltale

#include "actors/status_intake/classify/cues.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "actors/status_intake/classify/status_codes.hpp"

namespace telltale {

namespace {

using namespace std::string_view_literals;

constexpr auto rules = static_cast<std::size_t>(rule::none);
constexpr auto cues = static_cast<std::size_t>(cue::none);

constexpr std::size_t index(rule x) {
  return static_cast<std::size_t>(x);
}

constexpr std::size_t index(cue x) {
  return static_cast<std::size_t>(x);
}

/// Before this offset a line has begun its first sentence.
constexpr std::size_t near_begin = 24;

/// How far apart the two cues of a pair may begin.
constexpr std::size_t nearby = 160;

/// What a status alone says.
rule rule_of_status(unsigned code) {
  if (code == 401 || code == 403)
    return rule::access;
  if (code == 402)
    return rule::quota;
  if (code == 429 || code == 529)
    return rule::capacity;
  if (code == 400 || code == 413 || code == 415 || code == 422)
    return rule::request;
  if (code == 408)
    return rule::network;
  return code >= 500 ? rule::server : rule::none;
}

template <std::size_t N>
bool is_one_of(rule x, const std::array<rule, N>& some) {
  return std::find(some.begin(), some.end(), x) != some.end();
}

/// Words that say more than the status that they stand beside: all others.
bool refines_status(rule x) {
  static constexpr std::array vague{
      rule::server,     rule::job_limit, rule::agent_limit, rule::network,
      rule::disconnect, rule::output,    rule::executable,  rule::environment,
      rule::crash,      rule::exit,      rule::none};
  return !is_one_of(x, vague);
}

/// Rules that speak of the model provider: another program's words prove none.
bool is_providers(rule x) {
  static constexpr std::array providers{
      rule::access,     rule::quota,  rule::capacity,
      rule::request,    rule::server, rule::network,
      rule::disconnect, rule::model,  rule::context};
  return is_one_of(x, providers);
}

/// Everything that a line says, before it is weighed.
class line_reader {
public:
  line_reader(const text_line& line, std::span<const phrase_hit> hits)
      : line_(line), structure_(read_structure(line.text)) {
    ticks_ = count_ticks();
    for (const auto& hit : hits)
      read(hit);
    for (const auto& status : find_statuses(line.text.substr(line.speech)))
      if (!is_aside(status.at + line.speech))
        codes_.push_back({status.code, status.at + line.speech});
    for (const auto code : structure_.codes)
      codes_.push_back({code, 0});
    for (const auto& [code, at] : codes_)
      read_status(code, at);
    if (!status_spoke_)
      for (const auto& [code, at] : named_)
        read_status(code, at);
  }

  [[nodiscard]] const structured_error& structure() const { return structure_; }

  [[nodiscard]] bool has(cue x) const { return seen_[index(x)]; }

  struct verdict {
    rule says = rule::none;
    bool by_status = false;
    bool asserted = false;
    std::size_t at = 0;
  };

  /// The first rule that the line proves.
  [[nodiscard]] verdict decide(bool mentions_count) const {
    const auto by_words = first_rule(mentions_count);
    if (status_rule_ == rule::none)
      return by_words;
    if (by_words.says != rule::none)
      return {by_words.says, true, true, by_words.at};
    return {status_rule_, true, true, status_at_};
  }

  [[nodiscard]] bool says(rule x) const { return said_[index(x)].said; }

private:
  /// Offsets of backticks in the line, of which every second closes a span.
  [[nodiscard]] std::vector<std::size_t> count_ticks() const {
    std::vector<std::size_t> out;
    for (std::size_t at = 0; at < line_.text.size(); ++at)
      if (line_.text[at] == '`')
        out.push_back(at);
    return out;
  }

  [[nodiscard]] bool is_code(std::size_t at, std::size_t end) const {
    if (line_.is == nature::error || structure_.speaks)
      return false;
    const auto next = std::upper_bound(ticks_.begin(), ticks_.end(), at);
    return (next - ticks_.begin()) % 2 == 1 && next != ticks_.end()
           && end <= *next;
  }

  [[nodiscard]] bool is_aside(std::size_t at) const {
    const auto& aside = structure_.aside;
    const auto next = std::upper_bound(
        aside.begin(), aside.end(), at,
        [](std::size_t x, const text_range& range) { return x < range.begin; });
    return next != aside.begin() && at < std::prev(next)->end;
  }

  void read(const phrase_hit& hit) {
    const auto at = hit.at - line_.at;
    const auto& row = *hit.row;
    if (is_aside(at) || is_code(at, hit.end - line_.at))
      return;
    switch (row.how) {
    case proof::cue:
      see(static_cast<cue>(row.what), at);
      break;
    case proof::status:
      named_.push_back({row.what, at});
      break;
    case proof::asserts:
    case proof::mentions:
      say(static_cast<rule>(row.what), at, row.how == proof::asserts);
      covered_ += row.text.size();
      break;
    }
  }

  void say(rule what, std::size_t at, bool asserts) {
    auto& known = said_[index(what)];
    if (!known.said)
      known = {true, asserts, at};
    known.asserted = known.asserted || asserts;
    known.at = std::min(known.at, at);
  }

  /// An agent speaks of itself at the begin of a sentence.
  [[nodiscard]] bool begins_sentence(std::size_t at) const {
    return at < line_.speech + near_begin
           || ".!?"sv.find(line_.text[at - 2]) != std::string_view::npos;
  }

  void see(cue what, std::size_t at) {
    if (what == cue::agent_voice && !begins_sentence(at))
      return;
    seen_[index(what)] = true;
    last_[index(what)] = at;
    for (const auto& each : cue_pairs())
      if ((each.one == what && is_near(each.other, at))
          || (each.other == what && is_near(each.one, at)))
        say(each.proves, at, true);
  }

  [[nodiscard]] bool is_near(cue other, std::size_t at) const {
    return seen_[index(other)] && at - last_[index(other)] <= nearby;
  }

  void read_status(unsigned code, std::size_t at) {
    if (code == 404) {
      if (has(cue::model_nearby)) {
        say(rule::model, at, true);
        status_spoke_ = true;
      }
      return;
    }
    const auto says = rule_of_status(code);
    if (says == rule::none)
      return;
    status_spoke_ = true;
    // A wrapper's 400 or 500 says less than what it wraps.
    const auto rank = [](rule x) {
      return x == rule::request || x == rule::server ? 1 : 0;
    };
    if (status_rule_ == rule::none || rank(says) < rank(status_rule_)) {
      status_rule_ = says;
      status_at_ = at;
    }
  }

  [[nodiscard]] bool holds(rule x, bool mentions_count) const {
    const auto& known = said_[index(x)];
    if (x == rule::access && has(cue::no_access) && !has(cue::absent))
      return true;
    if (!known.said || (!known.asserted && !mentions_count && !is_covered()))
      return false;
    if (x == rule::model)
      return !has(cue::argument);
    if (x == rule::agent_limit)
      return !has(cue::wire);
    if (x == rule::network || x == rule::disconnect)
      return !has(cue::local);
    return true;
  }

  /// Are the phrases most of what the line says?
  [[nodiscard]] bool is_covered() const {
    return line_.text.size() < 60
           && covered_ * 2 >= line_.text.size() - line_.speech;
  }

  [[nodiscard]] verdict first_rule(bool mentions_count) const {
    for (std::size_t i = 0; i < rules; ++i) {
      const auto x = static_cast<rule>(i);
      if (status_rule_ != rule::none && !refines_status(x))
        continue;
      if (holds(x, mentions_count))
        return {x, false, said_[i].asserted || is_covered(), said_[i].at};
    }
    if (status_rule_ == rule::none && says(rule::agent_limit) && has(cue::wire))
      return {rule::network, false, true, said_[index(rule::agent_limit)].at};
    return {};
  }

  struct saying {
    bool said = false;
    bool asserted = false;
    std::size_t at = static_cast<std::size_t>(-1);
  };
  struct seen_status {
    unsigned code;
    std::size_t at;
  };

  const text_line& line_;
  structured_error structure_;
  std::vector<std::size_t> ticks_;
  std::array<saying, rules> said_{};
  std::array<bool, cues> seen_{};
  std::array<std::size_t, cues> last_{};
  std::vector<seen_status> codes_;
  std::vector<seen_status> named_;
  rule status_rule_ = rule::none;
  bool status_spoke_ = false; ///< a status says something
  std::size_t status_at_ = 0;
  std::size_t covered_ = 0; ///< bytes of phrases
};

/// What the words of another program than the model provider prove.
rule by_speaker(rule says, const line_reader& words) {
  if (!is_providers(says) || !words.has(cue::foreign))
    return says;
  if (words.has(cue::prepares) || words.says(rule::environment))
    return rule::environment;
  const bool gets = words.has(cue::fetches) || says == rule::network
                    || says == rule::disconnect;
  return gets && !words.has(cue::publishes) ? rule::environment : rule::none;
}

strength strength_of(rule says, bool by_status, bool structured) {
  if (structured)
    return strength::structured;
  if (by_status)
    return strength::status;
  if (says == rule::exit)
    return strength::exit_code;
  return says == rule::crash || says == rule::disconnect ? strength::likely
                                                         : strength::phrase;
}

/// What a line is, seen with what it says.
nature nature_of(const text_line& line, const line_reader& words, place where) {
  if (words.structure().harmless)
    return nature::quiet;
  if (words.structure().speaks
      && (line.is == nature::plain || line.is == nature::prose
          || line.is == nature::heading || line.is == nature::list))
    return nature::error;
  if (line.is == nature::prose && words.has(cue::provider_voice)
      && !words.has(cue::agent_voice))
    return where == place::middle ? nature::plain : nature::error;
  const bool sentence = line.is == nature::prose || line.is == nature::list;
  if (line.is == nature::plain && words.has(cue::trouble)
      && !words.has(cue::agent_voice))
    return nature::error;
  return sentence ? nature::prose : line.is;
}

/// Lines that prove nothing, whatever they say.
bool is_silent(nature is) {
  return is == nature::quiet || is == nature::frame || is == nature::test
         || is == nature::diff || is == nature::command;
}

/// Does a line look unlike a sentence that somebody finished?
bool is_open_end(const text_line& line) {
  return line.text.back() != '.' && line.text.back() != '!';
}

/// How much a line weighs that is no error line by its form.
strength weigh_unsure(nature is, const line_reader& words, place where,
                      strength full, bool asserted) {
  const bool own = words.has(cue::agent_voice);
  if (where == place::alone)
    return own && !asserted ? strength::none : full;
  if (is == nature::prose && (own || where != place::last))
    return strength::none;
  if (where != place::middle && is != nature::prose && asserted)
    return full;
  if (where == place::last && !asserted)
    return std::min(full, strength::likely);
  return asserted ? std::min(full, strength::distant) : strength::none;
}

} // namespace

line_evidence judge_line(const text_line& line,
                         std::span<const phrase_hit> hits, place where) {
  line_evidence out;
  if (is_silent(line.is))
    return out;
  const line_reader words{line, hits};
  const auto is = nature_of(line, words, where);
  out.structure = words.structure();
  out.speaks_of_error = is == nature::error;
  if (is_silent(is))
    return out;
  const bool sure = is == nature::error || is == nature::warning;
  const bool own_prose = words.has(cue::agent_voice) && is == nature::prose;
  const bool may_be_error =
      where == place::alone || (where == place::last && is_open_end(line));
  auto found = words.decide(sure || (may_be_error && !own_prose));
  if (own_prose && found.by_status)
    return out;
  found.says = by_speaker(found.says, words);
  if (found.says == rule::none)
    return out;
  out.says = found.says;
  out.at = std::min(found.at, line.text.size());
  const bool structured = words.structure().speaks && !words.structure().logged;
  const auto full = strength_of(found.says, found.by_status, structured);
  if (is == nature::error)
    out.weighs = full;
  else if (is == nature::warning)
    out.weighs = std::min(full, strength::likely);
  else
    out.weighs = weigh_unsure(is, words, where, full, found.asserted);
  if (out.weighs == strength::none)
    out.says = rule::none;
  return out;
}

} // namespace telltale

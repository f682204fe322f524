#include "actors/status_intake/classify/classify.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "actors/status_intake/classify/phrase_scanner.hpp"
#include "actors/status_intake/classify/status_codes.hpp"
#include "actors/status_intake/validate.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

using namespace std::string_view_literals;

/// The rules in their order.
enum rule : std::uint8_t {
  context,
  missing_config,
  access,
  quota,
  capacity,
  server,
  agent_limit,
  network,
  model,
  output,
  executable,
  version,
  environment,
  process,
  rules, ///< how many there are
};

/// Halves of a proof, and what decides about a rule of the same line.
enum cue : std::uint8_t {
  conversation,
  too_long,
  variable,
  unset,
  credential,
  refused,
  no_access, ///< refused, unless the thing may not even exist
  allowance,
  used_up,
  wire,         ///< a connection speaks, not the agent
  model_nearby, ///< a model is spoken of
  absent,
  argument,   ///< what is asked of a model, not the model
  status_404, ///< from the text's statuses
  answer,
  unreadable,
  starts_program,
  program_absent,
  version_named,
  version_wanted,
  fatal_git,
  in_the_way,
  foreign, ///< another program than the model provider speaks
  cues,    ///< how many there are
};

/// How an occurrence must stand among other letters.
enum class edges : std::uint8_t {
  word,  ///< a word begins where it begins
  whole, ///< and a word ends where it ends
  part,  ///< anywhere
};

/// A row of classifier.def: a phrase that proves `what` (a rule), or a cue.
struct row {
  std::string_view text;
  std::uint8_t what;
  bool is_cue;
  edges stands;
};

constexpr std::array table{
#define TELLTALE_PHRASE(what, text, stands)                                    \
  row{text, rule::what, false, edges::stands},
#define TELLTALE_CUE(what, text, stands)                                       \
  row{text, cue::what, true, edges::stands},
#include "actors/status_intake/classify/classifier.def"
};

/// Two cues that prove a rule together.
struct pair {
  rule proves;
  cue one;
  cue other;
};

constexpr std::array pairs{
#define TELLTALE_TOGETHER(proves, one, other)                                  \
  pair{rule::proves, cue::one, cue::other},
#include "actors/status_intake/classify/classifier.def"
};

/// How far apart the two cues of a pair may begin.
constexpr std::size_t nearby = 160;

const phrase_scanner& scanner() {
  static const phrase_scanner built = [] {
    std::vector<std::string_view> texts;
    texts.reserve(table.size());
    for (const auto& each : table)
      texts.push_back(each.text);
    return phrase_scanner{texts};
  }();
  return built;
}

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

/// Do the letters around an occurrence let it count?
bool is_bounded(std::string_view text, const row& what, std::size_t begin) {
  if (what.stands == edges::part)
    return true;
  if (begin > 0 && is_word_char(what.text.front())
      && is_word_char(text[begin - 1]))
    return false;
  const auto end = begin + what.text.size();
  return what.stands != edges::whole || end >= text.size()
         || !is_word_char(text[end]);
}

/// Does the text go on with one of these words after `end`?
bool goes_on_with(std::string_view text, std::size_t end,
                  std::initializer_list<std::string_view> words) {
  const auto rest = text.substr(std::min(end, text.size()));
  return std::any_of(words.begin(), words.end(), [&](auto word) {
    return rest.substr(0, word.size()) == word;
  });
}

/// `quota` of a disk is no quota of a provider, `credits.txt` is a file, an
/// overloaded function is no overloaded server.
bool is_meant(std::string_view text, const row& what, std::size_t begin) {
  const auto end = begin + what.text.size();
  if (what.text == "quota"sv)
    return begin < 5
           || (text.substr(begin - 5, 4) != "disk"sv
               && text.substr(begin - 5, 4) != "Disk"sv);
  if (what.text == "credits"sv)
    return end + 1 >= text.size() || text[end] != '.'
           || !is_word_char(text[end + 1]);
  if (what.text == "overloaded"sv)
    return !goes_on_with(text, end,
                         {" function", " method", " operator", " member",
                          " constructor", " call"});
  return true;
}

/// Something seen at a place: a rule's phrase that its line decides about, or a
/// cue.
struct mark {
  std::size_t at;
  std::uint8_t what;
  bool is_cue;
};

using rule_set = std::array<bool, rules>;

/// What one line's marks decide together.
class line_judge {
public:
  void see(const mark& here, rule_set& holds) {
    if (!here.is_cue) {
      said_[here.what] = true;
      return;
    }
    last_[here.what] = here.at;
    seen_[here.what] = true;
    for (const auto& each : pairs)
      if ((each.one == here.what && is_near(each.other, here.at))
          || (each.other == here.what && is_near(each.one, here.at)))
        (each.proves == access || each.proves == model ? said_
                                                       : holds)[each.proves] =
            true;
  }

  /// Access is the model provider's to refuse, a time limit the agent's. A
  /// model that does not know an argument is there.
  void conclude(rule_set& holds) {
    const bool refused_access =
        said_[access] || (seen_[no_access] && !seen_[absent]);
    holds[access] = holds[access] || (refused_access && !seen_[foreign]);
    holds[model] = holds[model] || (said_[model] && !seen_[argument]);
    if (said_[agent_limit])
      holds[seen_[wire] ? network : agent_limit] = true;
    said_ = {};
    seen_ = {};
  }

private:
  [[nodiscard]] bool is_near(cue other, std::size_t at) const {
    return seen_[other] && at - last_[other] <= nearby;
  }

  rule_set said_{};
  std::array<bool, cues> seen_{};
  std::array<std::size_t, cues> last_{};
};

/// Rules that only hold in the company of what else is on their line.
void judge_lines(std::string_view text, std::vector<mark>& marks,
                 rule_set& holds) {
  std::sort(marks.begin(), marks.end(),
            [](const mark& a, const mark& b) { return a.at < b.at; });
  line_judge judge;
  std::size_t line_end = 0;
  for (const auto& here : marks) {
    if (here.at >= line_end) {
      judge.conclude(holds);
      line_end = std::min(text.find('\n', here.at), text.size());
    }
    judge.see(here, holds);
  }
  judge.conclude(holds);
}

rule rule_of_status(unsigned code) {
  if (code == 401 || code == 403)
    return access;
  if (code == 402)
    return quota;
  if (code == 404)
    return model;
  if (code == 429 || code == 529)
    return capacity;
  return code >= 500 ? server : rules;
}

constexpr std::array reason_of_rule{
    reason::agent_context_overflow,
    reason::agent_missing_config,
    reason::agent_provider_auth_or_access,
    reason::agent_provider_quota_limit,
    reason::agent_provider_capacity_or_rate_limit,
    reason::agent_provider_server_error,
    reason::agent_timeout,
    reason::agent_provider_network,
    reason::agent_model_not_found_or_unavailable,
    reason::agent_empty_or_unparseable_output,
    reason::agent_runtime_missing_executable,
    reason::agent_runtime_version_unsupported,
    reason::environment_prepare_failed,
    reason::agent_process_failure,
};
static_assert(reason_of_rule.size() == rules);

} // namespace

reason classify(std::string_view text) {
  rule_set holds{};
  std::vector<mark> marks;
  scanner().scan(text, [&](std::size_t index, std::size_t begin) {
    const auto& what = table[index];
    if (!is_bounded(text, what, begin) || !is_meant(text, what, begin))
      return true;
    if (what.is_cue || what.what == access || what.what == agent_limit)
      marks.push_back({begin, what.what, what.is_cue});
    else
      holds[what.what] = true;
    return true;
  });
  for (const auto& status : find_statuses(text)) {
    const auto speaks_of = rule_of_status(status.code);
    if (speaks_of == access)
      marks.push_back({status.at, access, false});
    else if (speaks_of == model)
      marks.push_back({status.at, status_404, true});
    else if (speaks_of != rules)
      holds[speaks_of] = true;
  }
  judge_lines(text, marks, holds);
  const auto first = std::find(holds.begin(), holds.end(), true);
  return first == holds.end()
             ? reason::agent_unknown
             : reason_of_rule[static_cast<std::size_t>(first - holds.begin())];
}

failure_reason settle_reason(task_status status,
                             const std::optional<failure_reason>& named,
                             std::string_view text) {
  const bool is_named = named && !is_blank(named->wire);
  if (is_named && named->wire != "agent_error"
      && named->wire != "agent_error.unknown")
    return *named;
  if (!is_named && status == task_status::timed_out)
    return reason::timeout;
  return classify(text);
}

} // namespace telltale

#include "actors/status_intake/classify/classify.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "actors/status_intake/classify/cues.hpp"
#include "actors/status_intake/classify/lines.hpp"
#include "actors/status_intake/classify/plain_text.hpp"
#include "actors/status_intake/classify/telling_line.hpp"
#include "actors/status_intake/classify/words.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

using namespace std::string_view_literals;

/// Of a text of so many lines every line may be the error.
constexpr std::size_t few_lines = 3;
/// So many lines that say something are a text's end.
constexpr std::size_t tail_lines = 3;

failure_reason reason_of(rule x) {
  switch (x) {
  case rule::skill:
    return reason::skill_bundle_unavailable;
  case rule::cli_timeout:
    return reason::runtime_cli_timeout;
  case rule::runtime_access:
    return failure_reason{"runtime_access_denied"};
  case rule::identity:
    return reason::invalid_task_identity;
  case rule::window:
    return reason::issue_window_restricted;
  case rule::queued:
    return reason::queued_expired;
  case rule::offline:
    return reason::runtime_offline;
  case rule::reconnect:
    return reason::runtime_reconnect_timeout;
  case rule::recovery:
    return reason::runtime_recovery;
  case rule::local_directory:
    return reason::local_directory_error;
  case rule::blocked:
    return reason::agent_blocked;
  case rule::iteration:
    return reason::iteration_limit;
  case rule::context:
    return reason::agent_context_overflow;
  case rule::missing_config:
    return reason::agent_missing_config;
  case rule::access:
    return reason::agent_provider_auth_or_access;
  case rule::quota:
    return reason::agent_provider_quota_limit;
  case rule::capacity:
    return reason::agent_provider_capacity_or_rate_limit;
  case rule::request:
    return reason::api_invalid_request;
  case rule::server:
    return reason::agent_provider_server_error;
  case rule::job_limit:
    return reason::timeout;
  case rule::agent_limit:
    return reason::agent_timeout;
  case rule::network:
  case rule::disconnect:
    return reason::agent_provider_network;
  case rule::model:
    return reason::agent_model_not_found_or_unavailable;
  case rule::output:
    return reason::agent_empty_or_unparseable_output;
  case rule::executable:
    return reason::agent_runtime_missing_executable;
  case rule::version:
    return reason::agent_runtime_version_unsupported;
  case rule::prepare:
  case rule::environment:
    return reason::environment_prepare_failed;
  case rule::crash:
  case rule::exit:
    return reason::agent_process_failure;
  case rule::none:
    break;
  }
  return reason::agent_unknown;
}

/// A line that may say something of its own.
bool says_something(const text_line& line) {
  return line.is != nature::frame && line.is != nature::quiet
         && line.is != nature::command && line.is != nature::diff;
}

/// Where each line stands.
std::vector<place> places_of(const std::vector<text_line>& lines) {
  const auto speaking = static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), says_something));
  std::vector<place> out(lines.size(), place::middle);
  if (speaking <= few_lines) {
    std::fill(out.begin(), out.end(), place::alone);
    return out;
  }
  std::size_t seen = 0;
  for (auto i = lines.size(); i-- > 0 && seen < tail_lines;)
    if (says_something(lines[i])) {
      out[i] = seen == 0 ? place::last : place::tail;
      ++seen;
    }
  return out;
}

/// The phrases that lie in one line, of hits in the order of their begins.
class hits_by_line {
public:
  explicit hits_by_line(std::string_view text) : hits_(find_phrases(text)) {
    std::sort(
        hits_.begin(), hits_.end(),
        [](const phrase_hit& a, const phrase_hit& b) { return a.at < b.at; });
  }

  /// Lines must be asked for in their order.
  std::span<const phrase_hit> in(const text_line& line) {
    while (next_ < hits_.size() && hits_[next_].at < line.at)
      ++next_;
    const auto first = next_;
    while (next_ < hits_.size() && hits_[next_].at < line.at + line.text.size())
      ++next_;
    return {hits_.data() + first, next_ - first};
  }

private:
  std::vector<phrase_hit> hits_;
  std::size_t next_ = 0;
};

/// The head of a stack that ended a program.
bool heads_stack(const text_line& line) {
  return line.is == nature::frame
         && (line.text.starts_with("Traceback (most"sv)
             || line.text.starts_with("TRACEBACK (MOST"sv)
             || line.text.starts_with("goroutine "sv)
             || line.text.starts_with("Emitted 'error'"sv));
}

/// Which line decides, which is worth quoting if none does.
struct choice {
  std::size_t decides = 0;
  line_evidence evidence; ///< of the line that decides
  std::size_t quoted = 0;
  line_evidence quoted_evidence;
};

choice choose(std::string_view text, const std::vector<text_line>& lines) {
  hits_by_line hits{text};
  const auto places = places_of(lines);
  choice out;
  bool crashed = false;
  int worth = -1;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto found = judge_line(lines[i], hits.in(lines[i]), places[i]);
    crashed = crashed || heads_stack(lines[i]);
    const int value = found.speaks_of_error            ? 2
                      : lines[i].is == nature::warning ? 1
                      : says_something(lines[i])       ? 1
                                                       : 0;
    if (value >= worth) {
      worth = value;
      out.quoted = i;
      out.quoted_evidence = found;
    }
    if (found.weighs != strength::none && found.weighs >= out.evidence.weighs) {
      out.decides = i;
      out.evidence = std::move(found);
    }
  }
  if (out.evidence.weighs == strength::none && crashed) {
    out.evidence = out.quoted_evidence;
    out.evidence.says = rule::crash;
    out.decides = out.quoted;
  }
  return out;
}

/// A line, with the next one if it only leads to it (`panicked at …:`).
std::string quote(const std::vector<text_line>& lines, std::size_t i,
                  const line_evidence& found) {
  auto out = quote_line(lines[i], found.structure, found.at);
  const bool leads = !out.empty() && out.back() == ':' && i + 1 < lines.size()
                     && says_something(lines[i + 1]);
  if (!leads)
    return out;
  auto next = lines[i + 1];
  std::string whole = out + " " + std::string{next.text};
  next = {whole, 0, nature::error, 0};
  return quote_line(next, {}, 0);
}

} // namespace

text_finding read_failure(std::string_view text) {
  const auto plain = unwrapped(plain_text(text));
  const auto lines = read_lines(plain);
  if (lines.empty())
    return {reason::agent_unknown, {}};
  const auto chosen = choose(plain, lines);
  const auto says = chosen.evidence.says;
  if (says == rule::none)
    return {reason::agent_unknown,
            quote(lines, chosen.quoted, chosen.quoted_evidence)};
  // An exit code says less than the error that came before it.
  if (chosen.evidence.weighs == strength::exit_code
      && chosen.quoted_evidence.speaks_of_error)
    return {reason_of(says),
            quote(lines, chosen.quoted, chosen.quoted_evidence)};
  return {reason_of(says), quote(lines, chosen.decides, chosen.evidence)};
}

failure_reason classify(std::string_view text) {
  return read_failure(text).failure_reason;
}

failure_reason settle_reason(task_status status,
                             const std::optional<failure_reason>& named,
                             const text_finding& found) {
  const bool is_named = named && !is_blank(named->wire);
  if (is_named && named->wire != "agent_error"
      && named->wire != "agent_error.unknown")
    return *named;
  if (!is_named && status == task_status::timed_out)
    return reason::timeout;
  return found.failure_reason;
}

} // namespace telltale

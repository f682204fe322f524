#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/engine.hpp"
#include "actors/redaction/rewrite/bounds.hpp"
#include "actors/redaction/rewrite/placeholder.hpp"
#include "actors/redaction/text/shadow.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "tests/support/redaction_vectors.hpp"

// The promises of docs/redaction.md as an oracle for libFuzzer. With
// TELLTALE_SEEDS=FOLDER in its environment the program first writes seeds
// there.

using namespace telltale;
using fuzzing::demand;

namespace {

constexpr redaction_profile profiles[] = {redaction_profile::store,
                                          redaction_profile::event,
                                          redaction_profile::chat};

config::redaction_config options_of(bool narrow, std::string scanner) {
  config::redaction_config out;
  out.scanner = std::move(scanner);
  out.internal_suffixes = {".example-internal.net"};
  if (narrow) {
    out.store_bytes = 1024;
    out.event_bytes = 300;
    out.chat_characters = 120;
  }
  return out;
}

struct engines {
  redaction_engine wide{options_of(false, "portable"), "key"};
  redaction_engine narrow{options_of(true, "portable"), "key"};
  std::optional<redaction_engine> other; ///< of the other scanner

  engines() {
    if (redaction_engine::complaints(options_of(false, "hyperscan")).empty())
      other.emplace(options_of(false, "hyperscan"), "key");
  }
};

bool is_clean(std::string_view text) {
  std::string keep;
  return redact::clean_text(text, keep).data() == text.data();
}

/// The text between the placeholders, in order. `[user]` is one of them.
std::vector<std::string_view> pieces_of(std::string_view text) {
  constexpr std::string_view user = "[user]";
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto n = redact::placeholder_length(text, at);
    if (n == 0 && text.substr(at, user.size()) == user)
      n = user.size();
    if (n == 0) {
      ++at;
      continue;
    }
    out.push_back(text.substr(begin, at - begin));
    at += n;
    begin = at;
  }
  out.push_back(text.substr(begin));
  return out;
}

/// What is left of a text stands in it, in the same order, from its beginning
/// to its end.
void demand_untouched(std::string_view before, std::string_view after) {
  const auto pieces = pieces_of(after);
  std::size_t from = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto at =
        i + 1 == pieces.size() && !pieces[i].empty()
            ? before.size() - std::min(before.size() - from, pieces[i].size())
            : before.find(pieces[i], from);
    demand(at != std::string_view::npos
               && before.substr(at, pieces[i].size()) == pieces[i]
               && (i != 0 || at == 0),
           "bytes outside what is masked stay", after);
    from = at + pieces[i].size();
  }
}

/// Placeholders that were there stay, in their order.
void demand_placeholders(std::string_view before, std::string_view after) {
  std::size_t from = 0;
  for (const auto& p : redact::find_placeholders(before)) {
    const auto text = before.substr(p.begin, p.end - p.begin);
    const auto at = after.find(text, from);
    demand(at != std::string_view::npos, "placeholders stay", after);
    from = at + text.size();
  }
}

void check_alike(const engines& with, std::string_view input,
                 redaction_profile profile) {
  const auto out = with.wide.redact(input, profile);
  demand(out == with.wide.redact(input, profile), "equal texts, equal answers");
  if (with.other)
    demand(out == with.other->redact(input, profile),
           "both scanners answer alike", out.text);
}

void check_wide(const engines& with, std::string_view input,
                redaction_profile profile) {
  const auto out = with.wide.redact(input, profile);
  demand(with.wide.redact(out.text, profile).text == out.text,
         "an answer is its own answer", out.text);
  std::string keep;
  const auto clean = redact::clean_text(input, keep);
  if (profile == redaction_profile::chat)
    return; // may be cut
  if (out.text != "[REDACTED:unreadable]")
    demand_untouched(clean, out.text);
  if (out.findings.empty() && !clean.empty())
    demand(out.text == clean, "nothing found, nothing changed", out.text);
  // An escape sequence may hide half of a placeholder, which is then none.
  if (input.find('\x1b') == std::string_view::npos && is_clean(input))
    demand_placeholders(input, out.text);
}

void check_narrow(const engines& with, std::string_view input,
                  redaction_profile profile) {
  constexpr std::size_t bounds[] = {1024, 300, 120};
  const auto answer = with.narrow.redact(input, profile);
  const auto& out = answer.text;
  demand(out.empty() == input.empty(), "something stays of something");
  demand(is_clean(out), "an answer is UTF-8 without NUL", out);
  demand(answer.findings.empty()
             || answer.findings.front().kind != "internal-error",
         "no error inside", input);
  const redact::bound limit{bounds[static_cast<std::size_t>(profile)],
                            profile == redaction_profile::chat};
  demand(limit.holds(out), "an answer is within its bound", out);
  demand(with.narrow.redact(out, profile).text == out,
         "a cut answer is its own answer", out);
}

/// As a text goes from the store to events and from there to a chat.
void check_narrowing(const engines& with, std::string_view input) {
  std::string narrowed{input};
  for (const auto profile : profiles) {
    narrowed = with.narrow.redact(narrowed, profile).text;
    demand(with.narrow.redact(narrowed, profile).text == narrowed,
           "a narrowed answer is its own answer", narrowed);
  }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzzing::write_seeds(test::redaction_seeds());
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const engines with;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  // All promises for each input would take four times as long; the input itself
  // says which, so that what was found is found again.
  const auto turn = std::hash<std::string_view>{}(input);
  const auto profile = profiles[turn % 3];
  check_wide(with, input, profile);
  if (turn / 3 % 2 == 0)
    check_narrow(with, input, profile);
  if (turn / 6 % 4 == 0)
    check_alike(with, input, profile);
  if (turn / 24 % 4 == 0)
    check_narrowing(with, input);
  return 0;
}

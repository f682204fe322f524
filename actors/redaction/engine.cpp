#include "actors/redaction/engine.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "actors/redaction/detect/classes.hpp"
#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/custom_patterns.hpp"
#include "actors/redaction/detect/frames.hpp"
#include "actors/redaction/detect/known_values.hpp"
#include "actors/redaction/masks/masks.hpp"
#include "actors/redaction/rewrite/bounds.hpp"
#include "actors/redaction/rewrite/masking.hpp"
#include "actors/redaction/scan/triggers.hpp"
#include "actors/redaction/text/characters.hpp"
#include "actors/redaction/text/shadow.hpp"

namespace telltale {

using namespace redact;

namespace {

/// Rounds until nothing more is found. From the sixth on half of what is before
/// the first find is masked with all that follows, in the last everything: only
/// texts made for it need so many.
constexpr int most_rounds = 10;
constexpr int patient_rounds = 5;

constexpr std::string_view internal_error = "[REDACTED:internal-error]";

class_set switched_off(const std::vector<std::string>& names) {
  class_set out;
  for (const auto& name : names)
    if (const auto id = find_class(name))
      out.set(index_of(*id));
  return out;
}

} // namespace

/// Everything that is made once and only read later.
struct redaction_engine::parts {
  parts(const config::redaction_config& options, std::string_view tag_key)
      : custom(options), triggers(custom, options.scanner),
        writer(tag_key.empty() ? options.tag_key.reveal()
                               : std::string{tag_key}),
        internal_suffixes(options.internal_suffixes) {
    const std::array off{&options.off_store, &options.off_event,
                         &options.off_chat};
    const std::array most{options.store_bytes, options.event_bytes,
                          options.chat_characters};
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      const auto profile = static_cast<redaction_profile>(i);
      profiles[i].wanted = classes_of(profile) & ~switched_off(*off[i]);
      profiles[i].limit = {static_cast<std::size_t>(most[i]),
                           profile == redaction_profile::chat};
      profiles[i].tagged = profile != redaction_profile::chat;
    }
    std::uint32_t owner = 0;
    for (const auto& known : options.known_secrets) {
      for (const auto& value : values_to_mask({known.value.reveal()}))
        add_spellings(known_values, value, owner);
      ++owner;
    }
  }

  struct profile_rules {
    class_set wanted;
    bound limit;
    bool tagged = false;
  };

  custom_patterns custom;
  trigger_table triggers;
  placeholder_writer writer;
  value_finder known_values;
  std::vector<std::string> internal_suffixes;
  std::array<profile_rules, 3> profiles;

  /// What the passes over one text come to.
  struct work {
    tally counts{};
    std::size_t steps = 0;
  };

  /// One pass over a clean text. Empty if there was nothing to mask.
  [[nodiscard]] std::optional<std::string>
  pass(std::string_view text, const profile_rules& rules,
       const value_finder* more, work& done, int round = 0) const {
    const shadow dark{text};
    const auto placeholders = find_placeholders_of(dark, text);
    search s{dark.text(), placeholders, rules.wanted};
    std::vector<value_finder::hit> hits;
    known_values.find(s.text, hits);
    if (more != nullptr)
      more->find(s.text, hits);
    for (const auto& hit : hits)
      s.add(hit.begin, hit.end, secret_class::known_value);
    triggers.confirm_all(s);
    if (s.seen.keys)
      find_env_dump(s);
    find_opaque(s);
    if (rules.wanted.test(index_of(secret_class::email)))
      find_places(s, internal_suffixes);
    if (custom.any_allowed())
      std::erase_if(s.finds(), [&](const find& f) {
        return custom.allows(s.text.substr(f.begin, f.end - f.begin));
      });
    done.steps += s.spent();
    if (round >= patient_rounds)
      s.mask_rest(round + 2 < most_rounds);
    return mask(dark, text, s, placeholders, writer,
                rules.tagged ? rules.limit.most : 0, done.counts);
  }

  /// Passes until one finds nothing, so that the answer is its own answer.
  void settle(std::string& text, const profile_rules& rules,
              const value_finder* more, work& done) const {
    for (int round = 0; round < most_rounds; ++round) {
      auto masked = pass(text, rules, more, done, round);
      if (!masked)
        return;
      text = std::move(*masked);
    }
    throw std::runtime_error("a text does not settle");
  }

  [[nodiscard]] redaction_result run(std::string_view input,
                                     redaction_profile profile,
                                     const value_finder* more,
                                     work& done) const {
    const auto& rules = profiles[static_cast<std::size_t>(profile)];
    std::string cut;
    std::string scrubbed;
    const auto clean = clean_text(bound_input(input, cut), scrubbed);
    redaction_result out;
    // The whole is looked at once, before any cut; only what stays must settle.
    auto masked = pass(clean, rules, more, done);
    const bool changed = masked.has_value();
    if (changed)
      out.text = std::move(*masked);
    else
      out.text.assign(clean);
    // People want the ends of a trace rather than the half of each frame.
    const bool folds =
        profile == redaction_profile::chat && !rules.limit.holds(out.text);
    if (folds)
      out.text = fold_frames(out.text);
    // What masks and cuts leave may read differently than the whole did.
    auto limit = rules.limit;
    if (rules.limit.holds(out.text) && (changed || folds))
      settle(out.text, rules, more, done);
    for (int round = 0; !rules.limit.holds(out.text); ++round) {
      if (round == most_rounds)
        throw std::runtime_error("a text does not fit");
      out.text = cut_middle(out.text, limit);
      settle(out.text, rules, more, done);
      limit.most -= limit.most / 8;
    }
    if (out.text.empty() && !input.empty())
      out.text = "[REDACTED:unreadable]";
    out.findings = to_findings(done.counts);
    return out;
  }
};

redaction_engine::redaction_engine(const config::redaction_config& options,
                                   std::string_view tag_key) {
  if (const auto wrong = complaints(options); !wrong.empty())
    throw std::invalid_argument(wrong.front());
  parts_ = std::make_unique<const parts>(options, tag_key);
}

redaction_engine::~redaction_engine() = default;

redaction_result
redaction_engine::redact(std::string_view input, redaction_profile profile,
                         const redact::value_finder* more) const noexcept {
  try {
    parts::work done;
    return parts_->run(input, profile, more, done);
  } catch (...) {
    // What went wrong may be in the text, so nothing of it is told.
    return {std::string{internal_error}, {{"internal-error", 1}}};
  }
}

std::string_view redaction_engine::scanner() const noexcept {
  return parts_->triggers.scanner();
}

std::size_t redaction_engine::effort(std::string_view input,
                                     redaction_profile profile) const {
  parts::work done;
  (void)parts_->run(input, profile, nullptr, done);
  return done.steps;
}

std::vector<std::string>
redaction_engine::complaints(const config::redaction_config& options) {
  auto out = custom_patterns::complaints(options);
  if (options.scanner == "hyperscan" && !hyperscan_works())
    out.emplace_back("redaction.scanner = \"hyperscan\": this build has no "
                     "Hyperscan, or this processor cannot run it; use \"auto\" "
                     "or \"portable\"");
  for (const auto* names :
       {&options.off_store, &options.off_event, &options.off_chat})
    for (const auto& name : *names)
      if (!find_class(name))
        out.push_back("redaction: there is no class '" + name + "'");
  return out;
}

std::vector<std::string>
redaction_engine::warnings(const config::redaction_config& options) {
  std::vector<std::string> out;
  for (const auto& known : options.known_secrets)
    if (!is_fit_to_register(known.value.reveal()))
      out.push_back("redaction.known_secrets: the value of '" + known.name
                    + "' is too short or too common to be masked");
  return out;
}

std::vector<std::string_view> redaction_engine::class_names() {
  std::vector<std::string_view> out;
  for (const auto& row : class_rows())
    out.push_back(row.name);
  return out;
}

} // namespace telltale

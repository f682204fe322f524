#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "messages/redaction.hpp"

namespace telltale {

namespace redact {
class value_finder;
}

/// What the engine made of one text.
struct redaction_result {
  std::string text;
  redaction_findings findings; ///< sorted by class; empty: nothing was masked

  bool operator==(const redaction_result&) const = default;
};

/// Masks secrets in text (docs/redaction.md). Pure: the answer depends on the
/// text, the profile and what the engine was made from. `redact` may be called
/// from any number of threads at once.
///
/// For every text and profile: the answer is valid UTF-8 without NUL, not empty
/// unless the text is, within the profile's bound, and its own answer
/// (`redact(redact(x)) == redact(x)`). Work and memory are linear in the input.
class redaction_engine {
public:
  /// `tag_key` keys the placeholders' tags; if it and the configured key are
  /// empty, placeholders carry none. Throws `std::invalid_argument` with the
  /// first of the `complaints`.
  explicit redaction_engine(const config::redaction_config& options,
                            std::string_view tag_key = {});
  ~redaction_engine();
  redaction_engine(const redaction_engine&) = delete;
  redaction_engine& operator=(const redaction_engine&) = delete;

  /// Never throws: an internal error gives `[REDACTED:internal-error]`.
  /// `more`: values to mask beside the configured ones.
  [[nodiscard]] redaction_result
  redact(std::string_view input, redaction_profile profile,
         const redact::value_finder* more = nullptr) const noexcept;

  /// The scanner in use: `portable` or `hyperscan`.
  [[nodiscard]] std::string_view scanner() const noexcept;

  /// How many steps the engine counts for a text, whatever the machine: what
  /// tests hold to be linear.
  [[nodiscard]] std::size_t effort(std::string_view input,
                                   redaction_profile profile) const;

  /// What is wrong with a configuration, one sentence each: unknown classes,
  /// patterns that RE2 refuses or that have no keyword, a scanner that is not
  /// built in. Values too short to be masked count as `warnings`.
  [[nodiscard]] static std::vector<std::string>
  complaints(const config::redaction_config& options);

  /// What an operator should know of a valid configuration: registered values
  /// that are too short or too common to be masked, by their names.
  [[nodiscard]] static std::vector<std::string>
  warnings(const config::redaction_config& options);

  /// The names of all classes, for documentation and validation.
  [[nodiscard]] static std::vector<std::string_view> class_names();

private:
  struct parts;
  std::unique_ptr<const parts> parts_;
};

} // namespace telltale

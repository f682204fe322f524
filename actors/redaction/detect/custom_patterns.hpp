#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/detect/confirm.hpp"
#include "config/config.hpp"

namespace telltale::redact {

/// The operator's own patterns, and those of values that are never masked. RE2
/// alone speaks here; a pattern runs only near one of its keywords.
class custom_patterns {
public:
  /// Throws `std::invalid_argument` on a pattern that RE2 refuses.
  explicit custom_patterns(const config::redaction_config& options);
  ~custom_patterns();
  custom_patterns(const custom_patterns&) = delete;
  custom_patterns& operator=(const custom_patterns&) = delete;

  /// Keywords in lower case, each with the pattern that it belongs to.
  struct keyword {
    std::string text;
    std::size_t pattern = 0;
  };
  [[nodiscard]] const std::vector<keyword>& keywords() const noexcept {
    return keywords_;
  }

  /// Finds all matches of a pattern around its keyword; `from` is where the
  /// last look at this pattern ended, and is moved on.
  void confirm(search& s, std::size_t pattern, std::size_t at,
               std::size_t& from) const;

  /// Did the operator say that this value is never masked?
  [[nodiscard]] bool allows(std::string_view value) const;

  [[nodiscard]] bool any_allowed() const noexcept;

  /// One sentence for each pattern that cannot be used.
  [[nodiscard]] static std::vector<std::string>
  complaints(const config::redaction_config& options);

private:
  struct expressions;
  std::unique_ptr<const expressions> expressions_;
  std::vector<keyword> keywords_;
};

} // namespace telltale::redact

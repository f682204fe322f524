#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/detect/custom_patterns.hpp"
#include "actors/redaction/scan/trigger_scanner.hpp"

namespace telltale::redact {

/// All literals that may announce a secret, and who confirms each.
class trigger_table {
public:
  /// `custom` must outlive the table. `scanner`: one of `redaction.scanner`.
  trigger_table(const custom_patterns& custom, std::string_view scanner);

  /// Scans the search's text and confirms every trigger. If the work budget
  /// runs out, the rest of the text is a find.
  void confirm_all(search& s) const;

  /// The scanner's, as in `redaction.scanner`.
  [[nodiscard]] std::string_view scanner() const noexcept {
    return scanner_->name();
  }

  [[nodiscard]] const std::vector<std::string>& literals() const noexcept {
    return literals_;
  }

private:
  enum class confirmer : std::uint8_t {
    prefix,
    infix,
    private_key,
    jwt,
    url,
    webhook,
    header,
    cookie,
    password_hash,
    keyed,
    command_line,
    home_path,
    custom,
  };

  struct duty {
    confirmer who{};
    std::uint16_t row = 0;
    std::uint16_t length = 0;
    char first =
        0; ///< what it begins with as it is spelled; 0 if any case does
  };

  /// False if the work budget has run out.
  bool confirm(search& s, const trigger& t,
               std::vector<std::size_t>& custom_from) const;

  void add(std::string_view literal, confirmer who, std::size_t row = 0);

  const custom_patterns& custom_;
  std::vector<std::string> literals_;
  std::vector<duty> duties_;
  std::size_t longest_ = 0; ///< of the literals
  std::unique_ptr<const trigger_scanner> scanner_;
};

} // namespace telltale::redact

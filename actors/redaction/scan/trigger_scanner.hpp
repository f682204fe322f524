#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace telltale::redact {

/// A literal that was found: which one, and where it begins.
struct trigger {
  std::uint32_t begin = 0;
  std::uint16_t literal = 0; ///< index into the scanner's list

  bool operator==(const trigger&) const = default;
};

/// Finds many literals at once, whatever their case. Stage 1 of the engine:
/// every implementation gives the same triggers in the same order, by where
/// they end, longer ones first.
class trigger_scanner {
public:
  virtual ~trigger_scanner() = default;

  /// Appends to `out`. Linear in the text and the number of triggers; may be
  /// called from several threads at once.
  virtual void scan(std::string_view text, std::vector<trigger>& out) const = 0;

  /// As in `redaction.scanner`.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

/// Throws `std::invalid_argument` on literals that no scanner takes: empty
/// ones, and more than there are numbers for.
void check_literals(const std::vector<std::string>& literals);

/// The scanner that is built in everywhere: a dense Aho-Corasick automaton.
/// Literals are in lower case and not empty.
[[nodiscard]] std::unique_ptr<const trigger_scanner>
make_portable_scanner(const std::vector<std::string>& literals);

/// Is Hyperscan (or Vectorscan) built in, and does this processor run it?
[[nodiscard]] bool hyperscan_works() noexcept;

/// The same triggers by Hyperscan. Throws `std::runtime_error` if it refuses
/// the literals, `std::logic_error` if it is not built in.
[[nodiscard]] std::unique_ptr<const trigger_scanner>
make_hyperscan_scanner(const std::vector<std::string>& literals);

/// By its name in `redaction.scanner`. `auto` is the faster one of those that
/// work here (docs/adr/0011-scanner-of-triggers.md).
[[nodiscard]] std::unique_ptr<const trigger_scanner>
make_scanner(std::string_view name, const std::vector<std::string>& literals);

} // namespace telltale::redact

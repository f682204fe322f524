#include "actors/redaction/scan/trigger_scanner.hpp"

#include <algorithm>
#include <stdexcept>

namespace telltale::redact {

void check_literals(const std::vector<std::string>& literals) {
  if (std::any_of(literals.begin(), literals.end(),
                  [](const auto& literal) { return literal.empty(); }))
    throw std::invalid_argument("a trigger must not be empty");
  if (literals.size() > 0xffff)
    throw std::invalid_argument("too many triggers");
}

std::unique_ptr<const trigger_scanner>
make_scanner(std::string_view name, const std::vector<std::string>& literals) {
  if (name == "hyperscan" || (name == "auto" && hyperscan_works()))
    return make_hyperscan_scanner(literals);
  return make_portable_scanner(literals);
}

} // namespace telltale::redact

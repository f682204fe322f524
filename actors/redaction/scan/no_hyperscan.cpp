#include <stdexcept>

#include "actors/redaction/scan/trigger_scanner.hpp"

// In place of hyperscan.cpp where the library is not there.

namespace telltale::redact {

bool hyperscan_works() noexcept {
  return false;
}

std::unique_ptr<const trigger_scanner>
make_hyperscan_scanner(const std::vector<std::string>&) {
  throw std::logic_error("this build has no Hyperscan");
}

} // namespace telltale::redact

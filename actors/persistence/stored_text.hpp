#pragma once

#include <string>
#include <utility>

#include "messages/redaction.hpp"

namespace telltale {

/// Opens texts that were redacted before they were stored. For what this folder
/// reads from its own tables, and for nothing else.
class stored_text {
public:
  [[nodiscard]] static redacted_text from_store(std::string text) {
    return redacted_text{std::move(text)};
  }
};

} // namespace telltale

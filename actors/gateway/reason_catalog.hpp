#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {

/// What people read about one failure reason.
struct reason_texts {
  std::string copy;  ///< what happened and what to do next
  std::string brief; ///< a few words, for lists
};

/// The texts of all failure reasons in one language.
struct reason_locale {
  std::string locale;                                       ///< such as `zh-CN`
  std::map<std::string, reason_texts, std::less<>> reasons; ///< by wire value
  reason_texts unknown; ///< for a value outside the taxonomy

  [[nodiscard]] const reason_texts& of(std::string_view wire) const {
    const auto found = reasons.find(wire);
    return found == reasons.end() ? unknown : found->second;
  }
};

/// Every language there is, in the order in which answers list them. Read only
/// once it was handed over.
using reason_catalog = std::vector<reason_locale>;

} // namespace telltale

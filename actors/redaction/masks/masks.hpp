#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/redaction/detect/known_values.hpp"
#include "messages/status_report.hpp"

namespace telltale::redact {

/// Seals what runners want masked, so that the store never holds it in clear:
/// AES-256-GCM under a key derived from the deployment's. Any thread.
class mask_sealer {
public:
  explicit mask_sealer(std::string_view secret);

  /// Base64 text, another one each time.
  [[nodiscard]] sealed_masks seal(const std::vector<std::string>& values) const;

  /// Nothing if it was sealed under another key, or was changed.
  [[nodiscard]] std::optional<std::vector<std::string>>
  open(const sealed_masks& sealed) const;

private:
  std::string key_;
};

/// The values as they can be found: clean, without blanks around them, each
/// line of one that has several; none that is too short or too common.
[[nodiscard]] std::vector<std::string>
values_to_mask(const std::vector<std::string>& values);

/// What one redaction actor knows of its tasks' values. Forgets the tasks that
/// were not spoken of for longest: the store knows them all.
class mask_cache {
public:
  struct entry {
    std::uint32_t count = 0; ///< of registrations, as the store counts them
    bool unreadable = false; ///< some of them cannot be opened
    std::vector<std::string> values; ///< sorted
    value_finder finder;             ///< of all their spellings
  };

  /// Null if nothing is known.
  [[nodiscard]] const entry* find(task_id task);

  void learn(const task_masks& masks, const mask_sealer& sealer);

  void forget(task_id task);

private:
  struct kept {
    entry what;
    std::list<task_id>::iterator turn;
  };
  std::unordered_map<task_id, kept> tasks_;
  std::list<task_id> turns_; ///< the latest first
  std::size_t bytes_ = 0;    ///< of all values
};

} // namespace telltale::redact

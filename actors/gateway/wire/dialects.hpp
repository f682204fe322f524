#pragma once

#include <string>
#include <string_view>

#include "messages/task_status.hpp"

// The words of both dialects; dialects.def has them side by side.

namespace telltale {

/// One thing that a report says, by its name in each dialect.
struct field_names {
  const char* first;
  const char* daemon;
};

namespace field {
#define TELLTALE_DIALECT_STATUS(status, reported, daemon)
#define TELLTALE_DIALECT_FIELD(meaning, first, daemon)                         \
  inline constexpr field_names meaning{first, daemon};
#include "actors/gateway/wire/dialects.def"
#undef TELLTALE_DIALECT_FIELD
#undef TELLTALE_DIALECT_STATUS
} // namespace field

/// May a runner of the first dialect report it?
[[nodiscard]] bool is_reported(task_status status);

/// `running, posting_result, …`: what a report of the first dialect may say.
[[nodiscard]] std::string reported_statuses();

/// What the daemon dialect calls a status.
[[nodiscard]] std::string_view daemon_word(task_status status);

} // namespace telltale

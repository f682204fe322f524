#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/gateway/edge/access.hpp"

namespace telltale {

/// Every operation; one row per value in operations.def.
enum class call : std::uint16_t {
#define TELLTALE_OPERATION(name, method, path, scope, body, success, summary)  \
  name,
#include "actors/gateway/wire/operations.def"
#undef TELLTALE_OPERATION
};

enum class body_rule : std::uint8_t { none, json, maybe };

struct operation_row {
  call what{};
  std::string_view id;
  std::string_view method;
  std::string_view path; ///< variable segments as `{name}`
  scope needs{};
  body_rule body{};
  unsigned success = 200;
  std::string_view summary;
};

[[nodiscard]] std::span<const operation_row> operations() noexcept;
[[nodiscard]] const operation_row& operation_of(call what) noexcept;

/// A request's operation with its variable segments in order.
struct route {
  const operation_row* operation = nullptr;
  std::vector<std::string> path;
};

struct no_route {};

/// The address exists; `allow` lists its methods.
struct wrong_method {
  std::string allow;
};

using routing = std::variant<route, no_route, wrong_method>;

/// Finds the operation of a method and the decoded segments of a path. HEAD
/// counts as GET; `/api/v2/internal/…` as `/internal/…`. Pure.
[[nodiscard]] routing find_route(std::string_view method,
                                 std::span<const std::string> segments);

/// The service's description in OpenAPI 3.1, made from the table.
[[nodiscard]] const std::string& openapi_document();

} // namespace telltale

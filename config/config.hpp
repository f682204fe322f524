#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/secret.hpp"

namespace telltale::config {

// The types that rows of sections/*.def speak of.
using text = std::string;
using flag = bool;
using integer = std::int64_t;
using number = double;
using duration = std::chrono::milliseconds;
using text_list = std::vector<std::string>;
using secret_list = std::vector<secret>;
using text_table = std::map<std::string, std::string>; ///< by name

namespace detail {
using namespace std::chrono_literals;
/// Days, which std::chrono_literals lacks.
constexpr std::chrono::milliseconds operator""_days(unsigned long long n) {
  return std::chrono::hours{24 * static_cast<std::int64_t>(n)};
}
} // namespace detail

// Every struct below comes from the rows of its section; a default stands in
// the row and nowhere else.
#include "config/structs.inc"

/// Everything that an operator can say, checked.
struct settings {
  http_config http;
  auth_config auth;
  database_config database;
  tasks_config tasks;
  runners_config runners;
  reaper_config reaper;
  retry_config retry;
  redaction_config redaction;
  std::map<std::string, relay_config> relays; ///< by name
  std::vector<route_config> routes;           ///< in their order
  events_config events;
  retention_config retention;
  log_config log;
  caf_config caf;

  bool operator==(const settings&) const = default;
};

} // namespace telltale::config

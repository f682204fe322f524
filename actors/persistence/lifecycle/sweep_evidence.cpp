#include "actors/persistence/lifecycle/sweep_evidence.hpp"

#include <cstdio>
#include <string_view>

#include <boost/json.hpp>

namespace telltale {

namespace {

std::string moment(const std::optional<timestamp>& when) {
  return when ? '"' + format_rfc3339(*when) + '"' : std::string{"null"};
}

std::string seconds(std::chrono::milliseconds span) {
  char text[32];
  const auto size = std::snprintf(text, sizeof text, "%.3f",
                                  std::chrono::duration<double>(span).count());
  return {text, static_cast<std::size_t>(size)};
}

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::value(text));
}

} // namespace

std::string describe_evidence(const sweep_tasks& sweep,
                              const sweep_evidence& evidence,
                              const sweep_ending& ending, bool says_sentinel,
                              const task_record& task, timestamp looked_at) {
  return R"({"sweep":")" + to_string(sweep.kind) + R"(","threshold_seconds":)"
         + seconds(sweep.threshold) + R"(,"last_sign_of_life":)"
         + moment(evidence.last_sign_of_life) + R"(,"lease_expires_at":)"
         + moment(task.lease_expires_at) + R"(,"looked_at":)"
         + moment(looked_at) + R"(,"failure_reason":)"
         + quoted(ending.failure_reason.wire) + R"(,"error_detail":)"
         + (says_sentinel ? quoted(ending.sentinel.view()) : "null") + "}";
}

std::string append_evidence(const std::string& earlier,
                            const std::string& later) {
  if (earlier.size() < 2 || earlier.back() != '}')
    return later;
  return earlier.substr(0, earlier.size() - 1) + R"(,"then":)" + later + "}";
}

} // namespace telltale

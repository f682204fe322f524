#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "http/client.hpp"
#include "text/json_fields.hpp"

namespace telltale::commands {

/// Where a service is and who calls it. Empty tokens: an open service.
struct service_address {
  std::string url; ///< scheme, host, port; no trailing slash
  std::string runner_token;
  std::string operator_token;
};

/// Whose token a call carries.
enum class caller : std::uint8_t { runner, operating, attempt };

/// One call to the service, before it is sent.
struct service_call {
  std::string method = "GET";
  std::string path;
  caller who = caller::runner;
  std::string token; ///< of the attempt, if `who` says so
  std::optional<boost::json::object> body;
  std::string idempotency_key; ///< empty: none
  std::optional<std::chrono::milliseconds> timeout;
  bool may_repeat = false; ///< a POST that does no more when it comes twice
};

/// What came of a call.
struct service_answer {
  unsigned status = 0;     ///< 0: no answer came
  boost::json::value body; ///< null if there was none, or no JSON
  std::string code;        ///< the problem's stable code; empty on success
  std::string trouble;     ///< one line for a person; empty on success
  std::optional<std::chrono::seconds> retry_after;

  [[nodiscard]] bool ok() const noexcept {
    return status >= 200 && status < 300;
  }
  /// Nothing answered, or what answered asks to come again.
  [[nodiscard]] bool is_worth_a_retry() const noexcept;
};

/// A runner's status report as it goes over the wire.
struct wire_report {
  std::string status;
  std::string detail;         ///< empty: left out
  std::string failure_reason; ///< empty: left out
  std::string runner;         ///< empty: left out
  std::string result_url;     ///< empty: left out
  std::optional<std::uint32_t> attempt;
  std::optional<std::int64_t> posted;
  std::optional<bool> intended_empty;
};

/// What a heartbeat names.
struct held_task {
  std::string task;
  std::uint32_t attempt = 1;
};

// Each builds one call of the contract; pure.
[[nodiscard]] service_call create_task_call(boost::json::object task,
                                            std::string idempotency_key);
[[nodiscard]] service_call next_attempt_call(std::string_view task);
[[nodiscard]] service_call claim_call(std::string_view runner,
                                      std::string_view kind,
                                      std::uint32_t limit,
                                      std::chrono::seconds wait);
[[nodiscard]] service_call report_call(std::string_view task,
                                       const wire_report& what);
[[nodiscard]] service_call heartbeat_call(std::string_view runner,
                                          const std::vector<held_task>& tasks);
[[nodiscard]] service_call attempt_status_call(std::string_view task);
[[nodiscard]] service_call find_task_call(std::string_view task);

// How answers are read.
using text::number_at;
using text::text_at;

/// Bytes that JSON can carry: invalid UTF-8 becomes U+FFFD, NUL goes.
[[nodiscard]] std::string clean_utf8(std::string_view bytes);

/// A service seen from a runner's side. Shares one HTTP client; any thread may
/// call, answers to `send` come on the client's thread.
class runner_client {
public:
  runner_client(service_address where, http::client_options options);

  void send(const service_call& what, std::function<void(service_answer)> then);
  [[nodiscard]] service_answer call(const service_call& what);

  [[nodiscard]] const service_address& where() const noexcept { return where_; }
  [[nodiscard]] const http::client_options& options() const noexcept {
    return options_;
  }

private:
  [[nodiscard]] http::client_request prepare(const service_call& what) const;

  service_address where_;
  http::client_options options_;
  http::client client_;
};

} // namespace telltale::commands

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <caf/expected.hpp>

#include "messages/deliveries.hpp"
#include "messages/gateway_options.hpp"
#include "messages/readiness.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"

// JSON to messages and back. Pure; any thread. Errors are `malformed_json` for
// what is no JSON object, `invalid_field` naming the field for the rest.
// Unknown fields are ignored, null counts as absent, of two equal keys the last
// counts. No error repeats what the client sent.

namespace telltale {

using query_map = std::map<std::string, std::string>;

// --- runners -----------------------------------------------------------------

/// A runner's report; `unsupported_status` for a word that is no status.
[[nodiscard]] caf::expected<status_report> parse_report(const task_id& task,
                                                        std::string_view body);

/// One element of a batch.
struct batched_report {
  std::string task_text; ///< as it came; repeated in the answer if it is an id
  std::optional<status_report> report;
  ec refused = ec::none;
};

/// At most 1000 reports; each bad one is told apart from the good ones.
[[nodiscard]] caf::expected<std::vector<batched_report>>
parse_reports(std::string_view body);

struct claim_request {
  claim_tasks what; ///< `kinds` sorted, without repeats
  std::chrono::seconds wait{};
  std::vector<raw_text> mask; ///< values to mask in the texts of these tasks
};

[[nodiscard]] caf::expected<claim_request> parse_claim(std::string_view body);

[[nodiscard]] caf::expected<beat_heart>
parse_heartbeat(const std::string& runner, std::string_view body);

[[nodiscard]] std::string write_claimed(std::span<const task_record> tasks,
                                        std::span<const std::string> tokens);
[[nodiscard]] std::string write_status(task_status status,
                                       std::uint32_t attempt);
[[nodiscard]] std::string write_heartbeat(const heart_beaten& beat);

/// Result of one batched report, in order.
struct batched_result {
  std::string task_text;
  ec result = ec::none;
};
[[nodiscard]] std::string write_results(std::span<const batched_result>);

// --- operators ---------------------------------------------------------------

/// A new task; its texts are still raw.
struct create_request {
  create_task what; ///< without id, title, source_url, labels
  raw_text title;
  raw_text source_url;
  raw_text labels; ///< JSON text; empty: none
};

[[nodiscard]] caf::expected<create_request>
parse_create(std::string_view body, std::uint32_t default_max_attempts);

[[nodiscard]] caf::expected<list_tasks> parse_list_tasks(const query_map&);
[[nodiscard]] caf::expected<list_deliveries>
parse_list_deliveries(const query_map&);
[[nodiscard]] caf::expected<list_chats> parse_list_chats(const query_map&);

/// The position after which an event stream begins: `after` in the query wins
/// over Last-Event-ID; -1: only what comes.
[[nodiscard]] caf::expected<std::int64_t>
parse_events_after(const query_map& query, const std::string& last_event_id);

[[nodiscard]] caf::expected<chat_binding>
parse_chat_binding(const std::string& session, std::string_view body);

[[nodiscard]] caf::expected<raw_text> parse_redact(std::string_view body);

/// The token of a sign-in.
[[nodiscard]] caf::expected<std::string> parse_session(std::string_view body);

[[nodiscard]] std::string write_task(const task_record& task);
/// With `tells`.
[[nodiscard]] std::string write_created(const task_created& created);
/// The same of one that a job system starts, with what its first attempt needs.
[[nodiscard]] std::string write_dispatched(const task_created& created,
                                           std::uint32_t attempt,
                                           std::string_view token);
[[nodiscard]] std::string write_found(const task_found& found);
[[nodiscard]] std::string write_tasks(const tasks_listed& page);
[[nodiscard]] std::string write_delivery(const delivery_record& delivery);
[[nodiscard]] std::string write_deliveries(const deliveries_listed& page);
[[nodiscard]] std::string write_chat(const chat_binding& binding);
[[nodiscard]] std::string write_chats(std::span<const chat_binding> bindings,
                                      std::uint32_t limit);
[[nodiscard]] std::string write_redacted(const redacted_text& text,
                                         const redaction_findings& findings);

/// One row of `GET /failure-reasons`.
struct reason_view {
  const reason_row* row = nullptr;
  reason_retry retry;
  std::vector<std::pair<std::string, std::string>> copy;  ///< locale, text
  std::vector<std::pair<std::string, std::string>> brief; ///< a few words
};
[[nodiscard]] std::string write_reasons(std::span<const reason_view> reasons);

/// `GET /readyz`.
struct readiness_report {
  database_state database = database_state::not_answering;
  std::string explanation; ///< of what is wrong with the database
  bool migrations = false;
  std::uint32_t schema_version = 0;
  std::vector<std::string> relays;
  std::vector<disabled_relay> disabled; ///< those that asked for no more
  std::vector<relay_pause> paused;      ///< those whose credential is refused
  [[nodiscard]] bool ready() const noexcept {
    return database == database_state::answers && migrations;
  }
};
[[nodiscard]] std::string write_readiness(const readiness_report& report);

/// Opaque to clients: base64url of the row after which the next page begins.
[[nodiscard]] std::string write_cursor(const page_cursor& cursor);
[[nodiscard]] std::optional<page_cursor> parse_cursor(std::string_view text);

/// Labels after redaction: the text if it still is JSON, else `null`.
[[nodiscard]] std::string accept_labels(const redacted_text& labels);

} // namespace telltale

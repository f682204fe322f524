#include "commands/client/runner_client.hpp"

#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "text/percent.hpp"
#include "text/utf8.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

service_answer translate(http::client_result result) {
  service_answer out;
  if (auto* error = std::get_if<http::client_error>(&result)) {
    out.code = "unreachable";
    out.trouble = std::move(error->text);
    return out;
  }
  auto& response = std::get<http::client_response>(result);
  out.status = response.status;
  if (!response.body.empty()) {
    boost::system::error_code ignored;
    out.body = json::parse(response.body, ignored);
  }
  if (auto value = response.find("Retry-After")) {
    int seconds = 0;
    auto end = value->data() + value->size();
    if (auto read = std::from_chars(value->data(), end, seconds);
        read.ec == std::errc{} && read.ptr == end && seconds >= 0)
      out.retry_after = std::chrono::seconds{seconds};
  }
  if (out.ok())
    return out;
  out.code = text_at(out.body, "code");
  out.trouble = "HTTP " + std::to_string(out.status);
  if (!out.code.empty())
    out.trouble += " " + out.code;
  if (auto detail = text_at(out.body, "detail"); !detail.empty())
    out.trouble += ": " + detail;
  return out;
}

} // namespace

bool service_answer::is_worth_a_retry() const noexcept {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

service_call create_task_call(json::object task, std::string idempotency_key) {
  service_call out;
  out.method = "POST";
  out.path = "/tasks";
  out.who = caller::operating;
  out.body = std::move(task);
  out.idempotency_key = std::move(idempotency_key);
  return out;
}

service_call next_attempt_call(std::string_view task) {
  service_call out;
  out.method = "POST";
  out.path = "/internal/tasks/" + text::percent_encode(task) + "/attempts";
  out.who = caller::operating;
  out.body = json::object{};
  return out;
}

service_call claim_call(std::string_view runner, std::string_view kind,
                        std::uint32_t limit, std::chrono::seconds wait) {
  service_call out;
  out.method = "POST";
  out.path = "/internal/tasks/claim";
  out.body = json::object{
      {"runner_id", runner}, {"limit", limit}, {"wait_seconds", wait.count()}};
  if (!kind.empty())
    (*out.body)["kinds"] = json::array{kind};
  // The wait is the service's; the answer's way comes on top.
  out.timeout = wait + std::chrono::seconds{15};
  return out;
}

service_call report_call(std::string_view task, const wire_report& what) {
  service_call out;
  out.method = "POST";
  out.path = "/internal/tasks/" + text::percent_encode(task) + "/status";
  json::object body{{"status", what.status}};
  auto add_text = [&](std::string_view key, const std::string& text) {
    if (!text.empty())
      body[key] = clean_utf8(text);
  };
  add_text("detail", what.detail);
  add_text("failure_reason", what.failure_reason);
  add_text("runner_id", what.runner);
  add_text("result_url", what.result_url);
  if (what.attempt)
    body["attempt"] = *what.attempt;
  if (what.posted)
    body["posted"] = *what.posted;
  if (what.intended_empty)
    body["intended_empty"] = *what.intended_empty;
  out.body = std::move(body);
  out.may_repeat = true;
  return out;
}

service_call heartbeat_call(std::string_view runner,
                            const std::vector<held_task>& tasks) {
  service_call out;
  out.method = "POST";
  out.path = "/internal/runners/" + text::percent_encode(runner) + "/heartbeat";
  json::array held;
  for (const auto& one : tasks)
    held.push_back(
        json::object{{"task_id", one.task}, {"attempt", one.attempt}});
  out.body = json::object{{"tasks", std::move(held)}};
  out.may_repeat = true;
  return out;
}

service_call attempt_status_call(std::string_view task) {
  service_call out;
  out.path = "/internal/tasks/" + text::percent_encode(task) + "/status";
  return out;
}

service_call find_task_call(std::string_view task) {
  service_call out;
  out.path = "/tasks/" + text::percent_encode(task);
  out.who = caller::operating;
  return out;
}

std::string clean_utf8(std::string_view bytes) {
  auto out = text::replace_invalid(bytes);
  std::erase(out, '\0');
  return out;
}

runner_client::runner_client(service_address where,
                             http::client_options options)
    : where_(std::move(where)), options_(std::move(options)),
      client_(options_) {
  while (!where_.url.empty() && where_.url.back() == '/')
    where_.url.pop_back();
}

http::client_request runner_client::prepare(const service_call& what) const {
  http::client_request out;
  out.method = what.method;
  out.url = where_.url + what.path;
  out.timeout = what.timeout;
  out.may_repeat = what.may_repeat || !what.idempotency_key.empty();
  out.headers.push_back({"Accept", "application/json"});
  out.headers.push_back({"User-Agent", "telltale"});
  const auto& token = what.who == caller::attempt     ? what.token
                      : what.who == caller::operating ? where_.operator_token
                                                      : where_.runner_token;
  if (!token.empty())
    out.headers.push_back({"Authorization", "Bearer " + token});
  if (!what.idempotency_key.empty())
    out.headers.push_back({"Idempotency-Key", what.idempotency_key});
  if (what.body) {
    out.headers.push_back({"Content-Type", "application/json"});
    out.body = json::serialize(*what.body);
  }
  return out;
}

void runner_client::send(const service_call& what,
                         std::function<void(service_answer)> then) {
  client_.send(prepare(what), [then = std::move(then)](auto result) {
    then(translate(std::move(result)));
  });
}

service_answer runner_client::call(const service_call& what) {
  return translate(client_.call(prepare(what)));
}

} // namespace telltale::commands

#include "actors/gateway/edge/request_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "messages/uuid.hpp"
#include "text/ascii.hpp"
#include "text/percent.hpp"

namespace telltale {

namespace {

bool is_sane_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '.' || c == '_'
                     || c == '-';
            });
}

bool is_loopback_ipv4(std::string_view text) {
  int parts = 0;
  while (parts < 4) {
    int number = -1;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || number > 255
        || (parts == 0 && number != 127))
      return false;
    ++parts;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty())
      break;
    if (text.front() != '.')
      return false;
    text.remove_prefix(1);
  }
  return parts == 4 && text.empty();
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, each with or without a port.
bool is_loopback_host(std::string_view host) {
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port =
      colon != std::string_view::npos
      && (bracket == std::string_view::npos ? host.find(':') == colon
                                            : colon == bracket + 1)
      && host.substr(colon + 1).find_first_not_of("0123456789")
             == std::string_view::npos;
  if (has_port)
    host = host.substr(0, colon);
  const auto name = text::lowered(host);
  return name == "localhost" || name == "[::1]" || is_loopback_ipv4(name);
}

} // namespace

std::string request_id_of(const http::request& what) {
  const auto given = what.find("x-request-id");
  if (given && is_sane_request_id(*given))
    return std::string{*given};
  return to_string(make_uuid_v7());
}

bool is_changing(const http::request& what) {
  return what.method != "GET" && what.method != "HEAD";
}

bool is_json(const http::request& what) {
  const auto type = what.find("content-type");
  if (!type)
    return true;
  const auto name =
      text::lowered(text::trimmed(type->substr(0, type->find(';'))));
  return name == "application/json"
         || (name.starts_with("application/") && name.ends_with("+json"));
}

std::optional<std::string> open_service_objection(const http::request& what) {
  // Without one it speaks HTTP/1.0, which no browser does.
  if (const auto host = what.find("host"); host && !is_loopback_host(*host))
    return "without tokens the service answers only as localhost, 127.0.0.1 or "
           "[::1]; set auth.operator_tokens and auth.runner_tokens to be "
           "reached by other names";
  for (const auto& header : what.headers) {
    const auto name = text::lowered(header.name);
    if (name == "forwarded" || name.starts_with("x-forwarded-"))
      return "without tokens the service answers nobody behind a proxy ("
             + header.name
             + "); set auth.operator_tokens and auth.runner_tokens";
  }
  return std::nullopt;
}

bool outlives_attempt(call what) noexcept {
  constexpr std::array all{
      call::report_status,   call::report_many, call::read_status,
      call::daemon_complete, call::daemon_fail, call::daemon_cancel_ack,
      call::daemon_status,
      call::daemon_start, // refused with 409 by itself
  };
  return std::ranges::find(all, what) != all.end();
}

std::optional<std::size_t> allowed_body(const access_rules& access,
                                        const http::request& head,
                                        const body_limits& limits) {
  const auto target = http::parse_target(head.target);
  if (!target)
    return std::nullopt;
  const auto found = find_route(head.method, target->segments);
  const auto* known = std::get_if<route>(&found);
  if (known == nullptr)
    return std::nullopt;
  if (known->operation->needs == scope::open)
    return 0;
  const auto who = access.caller(head);
  if (!who)
    return std::nullopt;
  // Whose a session is, and what it may do, is seen later.
  const bool by_session = !who->session.empty();
  if (!by_session && !is_allowed(*who, *known->operation, known->path))
    return std::nullopt;
  return is_report(*known->operation) && !by_session ? limits.most_of_report
                                                     : limits.most;
}

bool is_recorded(const operation_row& operation) {
  return operation.what == call::open_session
         || (operation.method != "GET" && operation.needs == scope::write);
}

std::string describe_change(const http_call& message) {
  constexpr std::size_t most_of_one = 160;
  const auto& who = message.caller;
  std::string line = who.name.empty() ? "anybody" : who.name;
  line.append(who.by_cookie ? " by the page, from " : " from ");
  line.append(message.remote_address).append(": ");
  line.append(operation_of(static_cast<call>(message.what)).id);
  for (const auto& segment : message.path)
    line.append(" ").append(
        text::percent_encode(segment).substr(0, most_of_one));
  // No other parameter: somebody may have put a token there.
  for (const auto* name : {"relay", "chat_id"})
    if (const auto at = message.query.find(name); at != message.query.end())
      line.append(" ").append(name).append("=").append(
          text::percent_encode(at->second).substr(0, most_of_one));
  return line;
}

bool is_allowed(const principal& who, const operation_row& operation,
                const std::vector<std::string>& path) {
  if (!may(who, operation.needs))
    return false;
  if (!who.task)
    return true;
  if (is_of_daemons(operation))
    return operation.path.starts_with("/api/daemon/tasks/{task_id}/");
  if (operation.what == call::claim_tasks
      || operation.what == call::runner_recover)
    return false;
  if (path.empty())
    return true;
  if (operation.path.ends_with("heartbeat"))
    return who.attempt_runner.empty()
           || path.front() == who.attempt_runner.value;
  return parse_uuid(path.front()) == who.task->value;
}

bool is_of_daemons(const operation_row& operation) {
  return operation.path.starts_with("/api/");
}

bool is_report(const operation_row& operation) {
  return operation.what == call::report_status
         || operation.what == call::report_many
         || operation.path.starts_with("/api/daemon/tasks/{task_id}/")
         || operation.path.starts_with("/internal/tasks/{task_id}/");
}

std::string shape_of(std::string_view method,
                     const std::vector<std::string>& segments) {
  constexpr std::size_t longest_word = 24;
  constexpr std::size_t most_segments = 8;
  const auto is_word = [](const std::string& text) {
    return !text.empty() && text.size() <= longest_word
           && std::all_of(text.begin(), text.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || c == '-';
              });
  };
  std::string shape{method};
  shape += ' ';
  for (std::size_t i = 0; i < segments.size() && i < most_segments; ++i)
    shape += "/" + (is_word(segments[i]) ? segments[i] : std::string{"{}"});
  return shape;
}

} // namespace telltale

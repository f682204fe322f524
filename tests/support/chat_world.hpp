#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/relay/channels/channel.hpp"
#include "commands/sink/sink_server.hpp"
#include "tests/support/channel_driver.hpp"
#include "tests/support/checks.hpp"
#include "tests/support/foreign_message.hpp"

#include <caf/test/dsl.hpp>

// Every kind of chat, reached over real sockets at the local stand-in.
namespace telltale::test {

using namespace std::chrono_literals;

/// What is a chat's own in the common cases.
struct chat_kind {
  std::string type;
  bool dedupes = false;
  bool has_ids = true;
  std::string refused; ///< fault: the content is refused; empty: never
  std::string broken;  ///< fault: the binding is broken; empty: unknown there
  std::string bad_credentials; ///< fault: the relay must pause; empty: never
};

inline const std::vector<chat_kind>& kinds() {
  static const std::vector<chat_kind> all{
      {"octo", true, true, "", "", R"("status":401)"},
      {"lark", true, true, R"("code":230028)", R"("code":230002)",
       R"("code":99991661)"},
      {"webhook", true, false, "", "", ""},
      {"lark-bot", false, false, R"("code":230028)", "", R"("code":19001)"},
      {"slack-webhook", false, false, R"("error":"invalid_payload")",
       R"("error":"channel_is_archived")", R"("error":"no_service")"},
      {"discord", false, true, R"("code":50035)", "", R"("code":10015)"},
      {"slack", false, true, R"("error":"msg_too_long")",
       R"("error":"not_in_channel")", R"("error":"invalid_auth")"},
      {"dingtalk", false, false, R"("code":430104)", R"("code":400102)",
       R"("code":300001)"},
      {"wecom", false, false, R"("code":45002)", R"("code":93000)",
       R"("code":40001)"},
      {"telegram", false, true, R"("error":"Bad Request: message is too long")",
       R"("status":403,"error":"Forbidden: bot was blocked by the user")",
       R"("status":401,"error":"Unauthorized")"}};
  return all;
}

inline rendered words(const std::string& payload,
                      const std::string& locale = "en",
                      detail_style style = detail_style::both) {
  return render(facts_in(payload), catalog::of(locale), style);
}

struct chat_world {
  commands::sink_options options;
  std::unique_ptr<commands::sink_server> sink =
      std::make_unique<commands::sink_server>("127.0.0.1:0", options);
  std::shared_ptr<http::client> client =
      std::make_shared<http::client>(quick_client());
  std::uint8_t last_key = 0;

  static http::client_options quick_client() {
    http::client_options result;
    result.request_timeout = 400ms;
    return result;
  }

  void restart(const commands::sink_options& with) {
    sink = std::make_unique<commands::sink_server>("127.0.0.1:0", with);
  }

  [[nodiscard]] std::string base() const {
    return "http://127.0.0.1:" + std::to_string(sink->port());
  }

  std::shared_ptr<channel> open(const std::string& type) const {
    config::relay_config choices;
    choices.type = type;
    choices.base_url = base();
    choices.url = base() + "/hook";
    choices.token = config::secret{type == "telegram"        ? "12:s3cret"
                                   : type == "slack"         ? "xoxb-s3cret"
                                   : type == "slack-webhook" ? "T1/B1/s3cret"
                                   : type == "discord"       ? "12/s3cret"
                                                             : "s3cret"};
    choices.sign_secret = config::secret{"SECs3cret"};
    choices.app_id = "cli_1";
    choices.app_secret = config::secret{"s3cret"};
    choices.secrets = {config::secret{"whsec_c2VjcmV0"}};
    return make_channel("chat", choices);
  }

  void fault(const std::string& fields) {
    http::client_request request;
    request.method = "POST";
    request.url = base() + "/faults";
    request.body = "{\"next\":1," + fields + "}";
    CAF_CHECK(std::get<http::client_response>(client->call(request)).status
              == 200);
  }

  static outgoing_message message(rendered what, std::uint8_t key) {
    outgoing_message result;
    result.key.value.bytes[15] = key;
    result.chat.chat_id = "42";
    result.message = std::move(what);
    result.envelope = R"({"type":"task:failed","task_id":"t1"})";
    return result;
  }

  send_outcome send(channel& to, outgoing_message what) {
    return carry(to, std::move(what),
                 [this](const http::client_request& request) {
                   return client->call(request);
                 });
  }

  send_outcome send(channel& to, const rendered& what) {
    return send(to, message(what, ++last_key));
  }

  static rendered plain() {
    return words(R"({"error":"it broke","error_origin":"runner",)"
                 R"("title":"Fix it","attempt":1,"max_attempts":2,)"
                 R"("run_url":"https://h/runs/1",)"
                 R"("failure_reason":"agent_error.provider_network"})");
  }

  /// What the reader of the last message saw.
  std::string seen() const { return sink->chat().messages().back().text; }
  std::size_t count() const { return sink->chat().messages().size(); }
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace telltale::test

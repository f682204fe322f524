#include <array>

#include "actors/relay/channels/chats.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/utf8.hpp"

// DingTalk's group robot (open.dingtalk.com, "custom robot access" and "custom
// robot security settings"): POST /robot/send?access_token=…, signed with
// `timestamp` (ms) and `sign` if the robot has a secret. Errors come with HTTP
// 200 and an `errcode`; 20 messages a minute and robot, else it is shut out for
// up to ten minutes. A robot belongs to one group, gives no message ids and
// dedupes nothing. Nobody is ever mentioned: `at` names no one.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t text_characters = 5'000;
constexpr std::size_t title_characters = 64;
constexpr std::size_t link_characters = 500; // of a card's button

/// A robot that was shut out tries again after this, at no try's cost.
constexpr std::chrono::minutes shut_out{1};

constexpr auto rows = std::to_array<call_row<std::int64_t>>({
    {-1, call_rule::transient, "busy"},
    {130101, call_rule::throttled, "too many messages"},
    {410100, call_rule::throttled, "too many messages"},
    {90030, call_rule::throttled, "over the hook's limit"},
    {430101, call_rule::leave_detail, "an unsafe link"},
    {430102, call_rule::leave_detail, "refused text"},
    {430103, call_rule::leave_detail, "a refused image"},
    {430104, call_rule::leave_detail, "refused content"},
    {34016, call_rule::leave_detail, "too long"},
    {460101, call_rule::leave_detail, "too long"},
    {310000, call_rule::permanent,
     "the robot's security settings refuse it: keyword, signature (or this "
     "machine's clock) or address"},
    {300001, call_rule::permanent, "the token is not accepted"},
    {300005, call_rule::permanent, "the token is not accepted"},
    {400101, call_rule::permanent, "the token is not accepted"},
    {40001, call_rule::permanent, "the token is not accepted"},
    {40014, call_rule::permanent, "the token is not accepted"},
    {88, call_rule::permanent, "not allowed"},
    {400013, call_rule::binding_broken, "the group was dissolved"},
    {400102, call_rule::binding_broken, "the robot is disabled"},
    {400106, call_rule::binding_broken, "the robot is gone"},
    {40035, call_rule::permanent, "arguments refused"},
    {400105, call_rule::permanent, "the type of message is refused"},
});

/// Base64 in a query.
std::string in_query(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '+')
      result += "%2B";
    else if (c == '/')
      result += "%2F";
    else if (c == '=')
      result += "%3D";
    else
      result += c;
  }
  return result;
}

/// Lines stay lines: Markdown would join them.
std::string broken_lines(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "  ";
    result += c;
  }
  return result;
}

json::object body_of(const rendered& what) {
  const auto& name = what.title.empty() ? what.untitled : what.title;
  const auto title = excerpt(name, title_characters);
  auto text = what.message;
  for (const auto& line : {what.detail, what.title, what.attempt})
    if (!line.empty())
      text += "\n" + line;
  const bool button = !what.link.empty() && what.link.size() <= link_characters;
  const auto marked =
      fitted(text, text_characters - what.link.size(), [](std::string_view t) {
        return text::utf16_units(broken_lines(escape_markdown(t)));
      });
  auto content = broken_lines(escape_markdown(marked));
  if (button)
    return {{"msgtype", "actionCard"},
            {"actionCard",
             {{"title", title},
              {"text", content},
              {"singleTitle", what.open_run},
              {"singleURL", what.link}}}};
  if (!what.link.empty())
    content += "  \n" + what.link;
  return {{"msgtype", "markdown"},
          {"markdown", {{"title", title}, {"text", content}}},
          {"at", {{"isAtAll", false}}}};
}

http::client_request write(const config::relay_config& options, timestamp now,
                           const outgoing& what, const call_shape& shape) {
  std::string path = "/robot/send?access_token=" + options.token.reveal();
  if (!options.sign_secret.empty()) {
    const auto when =
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                           now.time_since_epoch())
                           .count());
    const auto& key = options.sign_secret.reveal();
    path += "&timestamp=" + when
            + "&sign=" + in_query(hmac_sha256_base64(key, when + "\n" + key));
  }
  return json_post(options.base_url.empty() ? "https://oapi.dingtalk.com"
                                            : options.base_url,
                   path, body_of(worded(what.message, shape)));
}

} // namespace

call_verdict judge_dingtalk(const http::client_response& answer) {
  auto verdict = by_errcode("dingtalk", rows, answer);
  if (verdict.rule == call_rule::throttled && !verdict.after)
    verdict.after = shut_out;
  return verdict;
}

std::shared_ptr<channel>
make_dingtalk_channel(const config::relay_config& options, http_sender send,
                      std::function<timestamp()> clock) {
  return make_one_call_channel(
      {[options, clock = std::move(clock)](const outgoing& what,
                                           const call_shape& shape) {
         return write(options, clock(), what, shape);
       },
       judge_dingtalk},
      std::move(send));
}

} // namespace telltale

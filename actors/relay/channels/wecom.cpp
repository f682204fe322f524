#include <array>

#include "actors/relay/channels/chats.hpp"
#include "actors/relay/text/markup.hpp"

// WeCom's group robot (developer.work.weixin.qq.com, documents 91770 "group
// robots" and 90313 "global error codes"): POST /cgi-bin/webhook/send?key=…,
// Markdown of at most 4096 bytes. Errors come with HTTP 200 and an `errcode`;
// 20 messages a minute and robot. A robot belongs to one group, gives no
// message ids and dedupes nothing.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t markdown_bytes = 4'096;

constexpr auto rows = std::to_array<call_row<std::int64_t>>({
    {-1, call_rule::transient, "busy"},
    {45009, call_rule::throttled, "too many messages"},
    {45033, call_rule::throttled, "too many requests at once"},
    {45002, call_rule::leave_detail, "too long"},
    {40033, call_rule::leave_detail, "refused characters"},
    {40058, call_rule::leave_detail, "an argument is refused"},
    {93000, call_rule::binding_broken,
     "the hook's key is not valid or the robot was removed"},
    {93004, call_rule::binding_broken, "the robot is disabled"},
    {93008, call_rule::binding_broken, "the robot is not in the group"},
    {40001, call_rule::permanent, "the key is not accepted"},
    {40014, call_rule::permanent, "the key is not accepted"},
    {41001, call_rule::permanent, "no key"},
    {48002, call_rule::permanent, "not allowed"},
    {60020, call_rule::permanent, "this address is not allowed"},
    {40008, call_rule::permanent, "the type of message is refused"},
    {44004, call_rule::permanent, "no text"},
});

std::string content_of(const rendered& what) {
  auto text = what.message;
  if (!what.detail.empty())
    text += "\n" + what.detail;
  if (const auto line = run_line(what); !line.empty())
    text += "\n" + line;
  const auto link = what.link.empty()
                        ? std::string{}
                        : "\n[" + what.open_run + "](" + what.link + ")";
  const auto fit =
      fitted(text, markdown_bytes - link.size(), [](std::string_view t) {
        return escape_wecom_markdown(t).size();
      });
  return escape_wecom_markdown(fit) + link;
}

http::client_request write(const config::relay_config& options,
                           const outgoing& what, const call_shape& shape) {
  return json_post(
      options.base_url.empty() ? "https://qyapi.weixin.qq.com"
                               : options.base_url,
      "/cgi-bin/webhook/send?key=" + options.token.reveal(),
      {{"msgtype", "markdown"},
       {"markdown", {{"content", content_of(worded(what.message, shape))}}}});
}

} // namespace

call_verdict judge_wecom(const http::client_response& answer) {
  return by_errcode("wecom", rows, answer);
}

std::shared_ptr<channel> make_wecom_channel(const config::relay_config& options,
                                            http_sender send) {
  return make_one_call_channel(
      {[options](const outgoing& what, const call_shape& shape) {
         return write(options, what, shape);
       },
       judge_wecom},
      std::move(send));
}

} // namespace telltale

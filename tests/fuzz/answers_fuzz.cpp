#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/relay/channels/channel.hpp"
#include "tests/fuzz/fuzzing.hpp"

// What chats and webhooks answer, as an oracle for libFuzzer: whatever comes,
// each message is settled once after a few requests, and no word about it
// repeats what the other side wrote.
//
// An input: a byte that names the chat, then answers, each behind a byte 1E:
// status and Retry-After on a line of their own, then the body.

using namespace telltale;
using fuzzing::demand;

namespace {

constexpr int most_requests = 8; ///< with tokens, without thread, without text

config::relay_config options_of(const char* type) {
  config::relay_config out;
  out.type = type;
  out.base_url = "https://chat.example";
  out.url = "https://hook.example/a";
  out.token = config::secret{"123:abc"};
  out.sign_secret = config::secret{"SECabc"};
  out.app_id = "cli_a";
  out.app_secret = config::secret{"b"};
  return out;
}

std::shared_ptr<channel> channel_of(unsigned which) {
  static constexpr std::array types{
      "octo",  "lark",     "webhook",  "slack",         "dingtalk",
      "wecom", "telegram", "lark-bot", "slack-webhook", "discord"};
  const auto* type = types.at(which % types.size());
  return make_channel(type, options_of(type));
}

/// The answer that comes first; `rest` goes on behind it.
http_outcome take_answer(std::string_view& rest) {
  const auto end = std::min(rest.find('\x1e'), rest.size());
  auto text = rest.substr(0, end);
  if (end < rest.size())
    rest.remove_prefix(end + 1); // the last one is given again and again
  http::client_response answer;
  const auto line = std::min(text.find('\n'), text.size());
  const auto head = text.substr(0, line);
  for (std::size_t i = 0; i < std::min<std::size_t>(head.size(), 3); ++i)
    answer.status =
        answer.status * 10 + static_cast<unsigned>(head[i] - '0') % 10;
  if (answer.status == 0)
    return http::client_error{http::client_error::kind::timeout,
                              "chat.example: no answer", true};
  if (head.size() > 3)
    answer.headers.push_back({"Retry-After", std::string{head.substr(3)}});
  answer.body =
      fuzzing::with_canaries(text.substr(std::min(line + 1, text.size())));
  return answer;
}

struct told {
  void operator()(const message_sent& sent) const {
    demand(sent.message_id.size() <= 512, "a message's id is bounded",
           sent.message_id);
  }
  void operator()(const try_again& later) const {
    demand(!later.explanation.empty(), "a delay has words");
    fuzzing::demand_quiet(later.explanation);
    if (later.after)
      demand(later.after->count() >= 0 && *later.after <= std::chrono::hours{1},
             "a delay is bounded");
  }
  void operator()(const given_up& never) const {
    demand(!never.explanation.empty(), "an end has words");
    fuzzing::demand_quiet(never.explanation);
  }
  void operator()(const credential_refused& refused) const {
    demand(!refused.explanation.empty(), "a refusal has words");
    fuzzing::demand_quiet(refused.explanation);
  }
};

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzzing::write_seeds(std::vector<std::string_view>{
      "0200\n{\"message_id\":\"18446744073709551615\"}",
      "0429 7\n{\"error\":{\"code\":\"err.rate\",\"message\":\"$\"}}",
      "1200\n{\"code\":0,\"tenant_access_token\":\"t-$\",\"expire\":7200}\x1e"
      "200\n{\"code\":0,\"data\":{\"message_id\":\"om_1\"}}",
      "1200\n{\"code\":0,\"tenant_access_token\":\"t\",\"expire\":7200}\x1e"
      "400\n{\"code\":99991663,\"msg\":\"$\"}\x1e"
      "200\n{\"code\":0,\"tenant_access_token\":\"u\",\"expire\":1}\x1e"
      "400\n{\"code\":230011,\"msg\":\"$\",\"error\":{\"log_id\":\"$\"}}",
      "2410\n$", "2204\n", "2503Wed, 21 Oct 2026 07:28:00 GMT\n$",
      "3200\n{\"ok\":true,\"ts\":\"1.2\"}",
      "3200\n{\"ok\":false,\"error\":\"thread_not_found\"}\x1e"
      "200\n{\"ok\":false,\"error\":\"$\"}",
      "4200\n{\"errcode\":0,\"errmsg\":\"ok\"}",
      "4200\n{\"errcode\":310000,\"errmsg\":\"$\"}",
      "5200\n{\"errcode\":45009,\"errmsg\":\"$\"}",
      "6200\n{\"ok\":true,\"result\":{\"message_id\":7}}",
      "6400\n{\"ok\":false,\"error_code\":400,\"description\":\"$ group chat "
      "was upgraded\",\"parameters\":{\"migrate_to_chat_id\":-100123}}",
      "6429\n{\"ok\":false,\"error_code\":429,\"parameters\":"
      "{\"retry_after\":99999999999}}"});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  outgoing_message what;
  what.chat.chat_id = "-42";
  what.chat.reply_to = (data[0] & 0x40U) != 0 ? "om_5" : "";
  what.message.message = "It failed";
  what.message.copy = "It failed";
  what.envelope = "{}";
  const auto channel = channel_of(data[0] - '0');
  int requests = 0;
  int settled = 0;
  std::deque<channel_work> open;
  open.push_back(channel->send(std::move(what), {}));
  while (!open.empty()) {
    const auto work = std::move(open.front());
    open.pop_front();
    for (const auto& request : work.requests) {
      demand(++requests <= most_requests, "a message takes a few requests");
      demand(request.what.url.find(fuzzing::canary) == std::string::npos,
             "no address is made of an answer", request.what.url);
      open.push_back(channel->answered(request.number, take_answer(rest), {}));
    }
    for (const auto& end : work.finished) {
      ++settled;
      std::visit(told{}, end.outcome);
    }
  }
  demand(settled == 1, "a message is settled once");
  return 0;
}

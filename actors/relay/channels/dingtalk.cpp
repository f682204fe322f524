#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errcode.hpp"
#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/percent.hpp"
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

std::string content_of(const rendered& what) {
  auto text = broken_lines(escape_markdown(what.message));
  if (!what.detail.empty())
    text += "\n\n" + fenced(what.detail) + "\n";
  for (const auto& line : {run_line(what), what.doubt})
    if (!line.empty())
      text += "  \n" + escape_markdown(line);
  return text;
}

json::object body_of(const rendered& what) {
  const auto& name = what.title.empty() ? what.untitled : what.title;
  const auto title = excerpt(name, title_characters);
  const bool button = !what.link.empty() && what.link.size() <= link_characters;
  auto content = content_of(fitted(what, text_characters - what.link.size(),
                                   [](const rendered& part) {
                                     return text::utf16_units(content_of(part));
                                   }));
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

class dingtalk_dialect final : public dialect {
public:
  dingtalk_dialect(config::relay_config options, wall_clock clock)
      : options_(std::move(options)), clock_(std::move(clock)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    std::string path = "/robot/send?access_token=" + options_.token.reveal();
    if (!options_.sign_secret.empty()) {
      const auto when =
          std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                             clock_().time_since_epoch())
                             .count());
      const auto& key = options_.sign_secret.reveal();
      path +=
          "&timestamp=" + when + "&sign="
          + text::percent_encode(hmac_sha256_base64(key, when + "\n" + key));
    }
    return json_post(base_or(options_, "https://oapi.dingtalk.com"), path,
                     body_of(in_form(what.message, form)));
  }

  answer_meaning judge(const http::client_response& answer) const override {
    auto meaning = by_errcode("dingtalk", answer);
    if (meaning.rule == answer_rule::throttled && !meaning.after)
      meaning.after = shut_out;
    return meaning;
  }

private:
  const config::relay_config options_;
  const wall_clock clock_;
};

} // namespace

std::unique_ptr<const dialect>
make_dingtalk_dialect(const config::relay_config& options, wall_clock clock) {
  return std::make_unique<dingtalk_dialect>(options, std::move(clock));
}

} // namespace telltale

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errcode.hpp"
#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/text/markup.hpp"

// WeCom's group robot (developer.work.weixin.qq.com, documents 91770 "group
// robots" and 90313 "global error codes"): POST /cgi-bin/webhook/send?key=…,
// Markdown of the second version (code blocks, and nobody is mentioned) of at
// most 4096 bytes. Errors come with HTTP 200 and an `errcode`;
// 20 messages a minute and robot. A robot belongs to one group, gives no
// message ids and dedupes nothing.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t markdown_bytes = 4'096;

/// A robot that was throttled comes back after this: its limit is a minute's.
constexpr std::chrono::minutes pause{1};

std::string content_of(const rendered& what) {
  auto text = escape_wecom_markdown(what.message);
  if (!what.detail.empty())
    text += "\n" + fenced(what.detail);
  for (const auto& line : {run_line(what), what.doubt})
    if (!line.empty())
      text += "\n" + escape_wecom_markdown(line);
  if (!what.link.empty())
    text += "\n[" + what.open_run + "](" + what.link + ")";
  return text;
}

std::string fitted_content(const rendered& what) {
  return content_of(fitted(what, markdown_bytes, [](const rendered& part) {
    return content_of(part).size();
  }));
}

class wecom_dialect final : public dialect {
public:
  explicit wecom_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    return json_post(
        base_or(options_, "https://qyapi.weixin.qq.com"),
        "/cgi-bin/webhook/send?key=" + options_.token.reveal(),
        {{"msgtype", "markdown_v2"},
         {"markdown_v2",
          {{"content", fitted_content(in_form(what.message, form))}}}});
  }

  answer_meaning judge(const http::client_response& answer) const override {
    auto meaning = by_errcode("wecom", answer);
    if (meaning.rule == answer_rule::throttled && !meaning.after)
      meaning.after = pause;
    return meaning;
  }

private:
  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_wecom_dialect(const config::relay_config& options) {
  return std::make_unique<wecom_dialect>(options);
}

} // namespace telltale

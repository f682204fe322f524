#include "commands/sink/sink_page.hpp"

#include <algorithm>
#include <map>

#include "commands/sink/sink_wire.hpp"

namespace telltale::commands {

namespace {

constexpr std::size_t shown_of_a_chat = 50;
constexpr std::size_t shown_chats = 100;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3"><title>Local chat</title>
<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;margin:0;padding:1rem}
header{display:flex;gap:1rem;align-items:baseline;margin-bottom:1rem}
h1{font-size:1.2rem;margin:0}header p{margin:0;opacity:.75}
main{display:grid;gap:1rem;align-items:start;
grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr))}
section{border:1px solid var(--line);border-radius:.75rem;padding:.75rem}
h2{font-size:.95rem;margin:0 0 .5rem;overflow-wrap:anywhere}
h2 span{font-weight:400;opacity:.75}
ol{list-style:none;margin:0;padding:0;display:grid;gap:.75rem}
article{border:1px solid var(--line);border-radius:.5rem;overflow:hidden}
article h3{font-size:.95rem;margin:0;padding:.4rem .75rem;background:var(--soft);
overflow-wrap:anywhere}
.red h3{background:#c62828;color:#fff}.green h3{background:#2e7d32;color:#fff}
article p{margin:0;padding:.5rem .75rem;white-space:pre-wrap;
overflow-wrap:anywhere}
a{display:inline-block;margin:0 .75rem .6rem;padding:.2rem .7rem;
border:1px solid currentColor;border-radius:.4rem;text-decoration:none;
max-width:calc(100% - 3rem);overflow-wrap:anywhere}
small{display:block;opacity:.75;padding:0 .75rem .4rem}
</style></head><body>
)";

/// Only what cannot run anything.
bool is_web_address(std::string_view link) {
  return link.starts_with("http://") || link.starts_with("https://");
}

std::string shown(const sink_message& what) {
  const auto& card = what.card;
  const auto colour =
      card.colour == "red" || card.colour == "green" ? card.colour : "plain";
  auto text = "<li><article class=\"" + colour + "\">";
  if (!card.title.empty())
    text += "<h3 dir=\"auto\">" + escape_html(card.title) + "</h3>";
  text += "<p dir=\"auto\">" + escape_html(card.body) + "</p>";
  if (is_web_address(card.link))
    text += "<a rel=\"noreferrer\" href=\"" + escape_html(card.link) + "\">"
            + escape_html(card.link_text.empty() ? card.link : card.link_text)
            + "</a>";
  text += "<small>" + escape_html(what.received_at);
  if (!what.reply_to.empty())
    text += " · reply to " + escape_html(what.reply_to);
  if (what.repeats > 0)
    text += " · came " + std::to_string(what.repeats + 1) + " times";
  return text + "</small></article></li>\n";
}

} // namespace

http::response page_of(const std::vector<sink_message>& messages) {
  std::map<std::pair<std::string, std::string>,
           std::vector<const sink_message*>>
      chats;
  for (const auto& message : messages)
    chats[{message.relay, message.chat}].push_back(&message);
  std::string page{head};
  page += "<header><h1>Local chat</h1><p>" + std::to_string(messages.size())
          + (messages.size() == 1 ? " message" : " messages") + " in "
          + std::to_string(chats.size())
          + (chats.size() == 1 ? " chat" : " chats") + "</p></header><main>\n";
  if (messages.empty())
    page += "<p>Nothing has come yet.</p>";
  std::size_t sections = 0;
  for (const auto& [chat, list] : chats) {
    if (++sections > shown_chats)
      break;
    const auto from = list.size() - std::min(list.size(), shown_of_a_chat);
    page += "<section><h2>" + escape_html(chat.first) + " <span>"
            + escape_html(chat.second) + "</span></h2><ol>\n";
    for (auto i = from; i < list.size(); ++i)
      page += shown(*list[i]);
    page += "</ol></section>\n";
  }
  page += "</main></body></html>\n";
  return {.status = 200,
          .headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; "
                       "base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Cache-Control", "no-store"}},
          .body = std::move(page)};
}

} // namespace telltale::commands

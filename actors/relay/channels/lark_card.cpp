#include "actors/relay/channels/lark_card.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

json::object plain(std::string_view text) {
  return {{"tag", "plain_text"}, {"content", text}};
}

std::string card_of(const rendered& what) {
  auto body = escape_lark_markdown(what.message);
  if (!what.detail.empty())
    body += "\n" + escape_lark_markdown(what.detail);
  if (!what.attempt.empty())
    body += "\n" + escape_lark_markdown(what.attempt);
  json::array elements;
  elements.push_back(json::object{{"tag", "markdown"}, {"content", body}});
  if (!what.link.empty()) {
    const json::object button{{"tag", "button"},
                              {"text", plain(what.open_run)},
                              {"type", "default"},
                              {"url", what.link}};
    elements.push_back(
        json::object{{"tag", "action"}, {"actions", json::array{button}}});
  }
  const auto& title = what.title.empty() ? what.untitled : what.title;
  return json::serialize(
      json::object{{"config", {{"wide_screen_mode", true}}},
                   {"header",
                    {{"template", what.good_news ? "green" : "red"},
                     {"title", plain(title)}}},
                   {"elements", std::move(elements)}});
}

std::string text_of(const rendered& what) {
  return json::serialize(
      json::object{{"text", escape_lark_text(as_text(what))}});
}

} // namespace

lark_content lark_message(const rendered& what, bool card, bool copy_only) {
  auto parts = what;
  if (copy_only) {
    parts.message = parts.copy;
    parts.detail.clear();
    parts.title.clear();
  }
  const auto limit = card ? lark_card_bytes : lark_text_bytes;
  const auto write = [&] { return card ? card_of(parts) : text_of(parts); };
  auto content = write();
  for (auto keep = limit / 2; content.size() > limit && keep > 0; keep /= 2) {
    parts.message = excerpt(parts.message, keep);
    parts.detail = excerpt(parts.detail, keep);
    parts.title = excerpt(parts.title, keep);
    content = write();
  }
  return {card ? "interactive" : "text", std::move(content)};
}

} // namespace telltale

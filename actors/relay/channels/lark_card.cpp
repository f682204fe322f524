#include "actors/relay/channels/lark_card.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/text/markup.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

json::object plain(std::string_view text) {
  return {{"tag", "plain_text"}, {"content", text}};
}

/// The detail is plain text, in which nothing is mark-up or a mention.
std::string card_of(const rendered& what) {
  json::array elements;
  elements.push_back(json::object{
      {"tag", "markdown"}, {"content", escape_lark_markdown(what.message)}});
  if (!what.detail.empty())
    elements.push_back(
        json::object{{"tag", "div"}, {"text", plain(what.detail)}});
  json::array below;
  for (const auto& line : {attempt_line(what), what.doubt})
    if (!line.empty())
      below.push_back(plain(line));
  if (!below.empty())
    elements.push_back(json::object{{"tag", "note"}, {"elements", below}});
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

lark_content lark_message(const rendered& what, bool card, std::size_t limit) {
  if (limit == 0)
    limit = card ? lark_card_bytes : lark_text_bytes;
  const auto write = card ? card_of : text_of;
  const auto fit = fitted(
      what, limit, [&](const rendered& part) { return write(part).size(); });
  return {card ? "interactive" : "text", write(fit)};
}

} // namespace telltale

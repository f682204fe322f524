#include "actors/relay/channels/slack_blocks.hpp"

#include <boost/json/object.hpp>

#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/utf8.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t section_characters = 3'000;
constexpr std::size_t header_characters = 70;  // of 150, an emoji is two
constexpr std::size_t text_characters = 4'000; // cut by Slack from 40,000 on

json::object plain(std::string_view text) {
  return {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
}

} // namespace

json::array slack_blocks(const rendered& what) {
  const auto fits = [](const std::string& text) {
    return text::utf16_units(text) <= section_characters;
  };
  json::array blocks;
  const auto& title = what.title.empty() ? what.untitled : what.title;
  blocks.push_back(json::object{
      {"type", "header"}, {"text", plain(excerpt(title, header_characters))}});
  blocks.push_back(json::object{
      {"type", "section"}, {"text", plain(shortened(what.message, fits))}});
  if (!what.detail.empty())
    blocks.push_back(json::object{
        {"type", "rich_text"},
        {"elements",
         json::array{json::object{
             {"type", "rich_text_preformatted"},
             {"elements", json::array{json::object{
                              {"type", "text"},
                              {"text", shortened(what.detail, fits)}}}}}}}});
  if (!what.link.empty())
    blocks.push_back(json::object{
        {"type", "section"},
        {"text",
         json::object{{"type", "mrkdwn"},
                      {"text", "<" + escape_slack(what.link) + "|"
                                   + escape_slack(what.open_run) + ">"}}}});
  json::array below;
  for (const auto& line : {attempt_line(what), what.doubt})
    if (!line.empty())
      below.push_back(plain(line));
  if (!below.empty())
    blocks.push_back(json::object{{"type", "context"}, {"elements", below}});
  return blocks;
}

std::string slack_summary(const rendered& what) {
  auto text = what.message;
  if (const auto line = run_line(what); !line.empty())
    text += "\n" + line;
  return escape_slack(excerpt(text, text_characters));
}

} // namespace telltale

#include "config/describe.hpp"

#include <algorithm>

#include "config/printed.hpp"
#include "config/relay_limits.hpp"
#include "config/rows.hpp"

namespace telltale::config {

namespace {

/// A cell of a table: the bar would end it.
std::string cell(std::string text) {
  for (auto at = text.find('|'); at != text.npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

std::string code(const std::string& text) {
  return text.empty() ? std::string{} : '`' + cell(text) + '`';
}

void put_table(std::string& out, const std::vector<field>& rows) {
  out += "| key | type | default | allowed | reload | meaning |\n"
         "| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& row : rows)
    out += "| `" + row.name + "` | " + type_name(row) + " | "
           + code(printed_value(row)) + " | " + cell(printed_bounds(row))
           + " | " + (row.live ? "live" : "restart") + " | "
           + cell(row.sentence) + " |\n";
  out += '\n';
}

constexpr std::string_view introduction =
    R"(<!-- Made by `telltale describe-config --format markdown`; do not edit. -->
# Configuration
One TOML file, named by `--config`, else `./telltale.toml` if it is there. Later ones win:

1. the defaults below,
2. the file,
3. the environment: `TELLTALE_SECTION__KEY`, such as `TELLTALE_HTTP__LISTEN=127.0.0.1:9000`,
4. the command line: `--set section.key=value`, such as `--set relays.octo-main.base_url=https://octo.example`.

In a variable's name two underscores part the keys, three stand for a dot (`TELLTALE_RETRY__REASONS__AGENT_ERROR___PROVIDER_NETWORK__ATTEMPTS=3`),
and in a relay's name one stands for a hyphen (`TELLTALE_RELAYS__OCTO_MAIN__TOKEN`). On the command line a key with a dot stands in quotes:
`--set 'retry.reasons."agent_error.provider_network".attempts=3'`. Lists and tables are written there as in TOML; a list of texts also as `a,b`.

- **Durations** are a number and a unit: `250ms`, `5s`, `1h`, `30d`; the units are ms, s, m, h and d.
- **Secrets** are a text, `{ env = "NAME" }` or `{ file = "PATH" }`; the line's end at the end of a file does not count. They are never printed.
  `check-config` warns of a variable that is not set; `serve` refuses to start without it.
- **Reload** tells what SIGHUP or `POST /admin/reload` takes over: *live* options change at once, *restart* ones with the next start.
  A file with an error in it changes nothing.

`telltale check-config` tells all errors at once, with file, line, column and what was expected, and exits with 78 if there is one.
)";

/// Lines put as a comment, or as they are.
void put_lines(std::string& out, std::string_view lines, bool commented) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    if (commented && !line.empty())
      out += '#';
    out += line;
    out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void put_option(std::string& out, const section& part, const field& row,
                bool commented) {
  out += "# " + row.sentence + '\n';
  if (const auto bounds = printed_bounds(row); !bounds.empty())
    out += "# " + bounds + '\n';
  const auto sample = sample_of(part.name + '.' + row.name);
  auto value = printed_value(row);
  if (!sample.empty())
    put_lines(out, sample, commented);
  else if (!value.empty())
    put_lines(out, row.name + " = " + value, commented);
  else
    put_lines(out, row.name + " = \"\"", commented);
  out += '\n';
}

} // namespace

std::string describe_markdown() {
  settings defaults;
  std::string out{introduction};
  for (auto& part : sections_of(defaults)) {
    const bool by_name = static_cast<bool>(part.entries.at);
    const bool is_list = static_cast<bool>(part.list.add);
    const auto name = part.name + (by_name ? ".NAME" : is_list ? "[]" : "");
    out += "\n## " + name + '\n' + part.sentence + "\n\n";
    const auto options = by_name   ? part.entries.at("name")
                         : is_list ? part.list.add()
                                   : part.options;
    put_table(out, options);
    for (const auto& row : options) {
      const auto rows = entry_rows(row);
      if (rows.empty())
        continue;
      out += "### " + name + '.' + row.name
             + (std::holds_alternative<entry_list>(row.value)    ? "[]"
                : std::holds_alternative<entry_table>(row.value) ? ".NAME"
                                                                 : "")
             + "\n\n";
      put_table(out, rows);
    }
    if (by_name)
      out +=
          "Limits by type, where `rate_per_chat`, `rate_per_app` and "
          "`max_in_flight` are 0; a rate a\nminute stays, whatever the rate a "
          "second is:\n\n"
          + relay_limits_table();
    while (out.ends_with("\n\n"))
      out.pop_back();
  }
  return out;
}

std::string describe_example(bool commented) {
  settings defaults;
  std::string out =
      "# Every option of telltale with its default: made by `telltale "
      "describe-config --format\n# example`. Take away the # of what you "
      "change; docs/configuration.md tells the rest.\n";
  for (auto& part : sections_of(defaults)) {
    out += "\n# " + part.sentence + '\n';
    if (part.entries.at) {
      put_lines(out, sample_of(part.name), commented);
      out += "\n# Every relay also takes, with these defaults:\n";
      for (const auto& row : part.entries.at("name"))
        if (const auto value = printed_value(row);
            !value.empty() && value != "\"\"" && value != "[]")
          put_lines(out, row.name + " = " + value, true);
      out += "\n# A rate or number of 0 is the type's own:\n";
      for (const auto& row : relay_limit_rows())
        out += "# " + relay_limits_line(row) + '\n';
      continue;
    }
    if (part.list.add) {
      put_lines(out, sample_of(part.name), commented);
      continue;
    }
    out += '[' + part.name + "]\n";
    // Tables come after the section's own keys, as TOML wants it.
    auto rows = part.options;
    std::stable_partition(rows.begin(), rows.end(), [](const field& row) {
      return !std::holds_alternative<entry_table>(row.value);
    });
    for (const auto& row : rows)
      put_option(out, part, row, commented);
    out.pop_back();
  }
  return out;
}

} // namespace telltale::config

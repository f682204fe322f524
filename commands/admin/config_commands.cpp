#include <iostream>
#include <memory>
#include <string>
#include <sysexits.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "actors/redaction/engine.hpp"
#include "commands/command.hpp"
#include "config/describe.hpp"
#include "config/load.hpp"
#include "config/nearest.hpp"
#include "messages/failure_reason.hpp"
#include "text/hex.hpp"

namespace telltale::commands {

namespace {

struct check_options {
  std::string file;
  std::vector<std::string> overrides;
  bool json = false;
};

/// A JSON string.
std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      text::append_hex(result, byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string as_json(const std::vector<config::problem>& problems) {
  std::string items;
  for (const auto& [where, path, text] : problems)
    items += (items.empty() ? "" : ",")
             + ("{\"source\":" + json_text(where.source)
                + ",\"line\":" + std::to_string(where.line)
                + ",\"column\":" + std::to_string(where.column) + ",\"option\":"
                + json_text(path) + ",\"text\":" + json_text(text) + '}');
  return '[' + items + ']';
}

/// Configuration knows no taxonomy, so a misspelt reason is found here.
void warn_of_unknown_reasons(config::load_result& read) {
  std::vector<std::string> known;
  for (const auto& row : failure_reasons())
    known.emplace_back(row.wire);
  for (const auto& [name, reason] : read.values.retry.reasons)
    if (find_reason(name) == nullptr)
      read.warnings.push_back(
          {{read.file.value_or("defaults")},
           config::joined("retry.reasons", name),
           "not a reason of the taxonomy" + config::did_you_mean(name, known)});
}

/// Configuration knows no patterns and no scanners either.
void refuse_what_redaction_cannot(config::load_result& read) {
  for (auto& complaint : redaction_engine::complaints(read.values.redaction))
    read.errors.push_back(
        {{read.file.value_or("defaults")}, "redaction", std::move(complaint)});
}

std::string summary_of(const config::load_result& read) {
  const auto& x = read.values;
  const auto tokens =
      x.auth.runner_tokens.size() + x.auth.operator_tokens.size();
  return "ok: " + read.file.value_or("defaults") + ", listen " + x.http.listen
         + ", database " + x.database.mode + ", "
         + std::to_string(x.relays.size()) + " relays, "
         + std::to_string(tokens) + " tokens";
}

int check(const check_options& options) {
  config::load_request request;
  if (!options.file.empty())
    request.file = options.file;
  request.environment = config::process_environment();
  request.overrides = options.overrides;
  auto read = config::load(request);
  warn_of_unknown_reasons(read);
  refuse_what_redaction_cannot(read);
  if (options.json) {
    std::cout << "{\"ok\":" << (read.ok() ? "true" : "false")
              << ",\"file\":" << (read.file ? json_text(*read.file) : "null")
              << ",\"errors\":" << as_json(read.errors)
              << ",\"warnings\":" << as_json(read.warnings) << "}\n";
  } else {
    for (const auto& wrong : read.errors)
      std::cerr << "error: " << to_string(wrong) << '\n';
    for (const auto& odd : read.warnings)
      std::cerr << "warning: " << to_string(odd) << '\n';
    if (read.ok())
      std::cout << summary_of(read) << '\n';
  }
  return read.ok() ? EX_OK : EX_CONFIG;
}

int describe(const std::string& format) {
  std::cout << (format == "markdown"      ? config::describe_markdown()
                : format == "json-schema" ? config::describe_json_schema()
                                          : config::describe_example());
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

} // namespace

void add_check_config(CLI::App& program, chosen& run) {
  auto* command = program.add_subcommand(
      "check-config", "Checks the configuration and tells all that is wrong; "
                      "exits with 78 if anything is");
  auto options = std::make_shared<check_options>();
  command->add_option("-c,--config,file", options->file,
                      "The file; else ./telltale.toml if it is there");
  command
      ->add_option("--set", options->overrides,
                   "section.key=value, over file and environment; may be given "
                   "again")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "Tell it as JSON");
  command->callback(
      [options, &run] { run = [options] { return check(*options); }; });
}

void add_describe_config(CLI::App& program, chosen& run) {
  auto* command = program.add_subcommand(
      "describe-config",
      "Describes every option: what it means, what it may be");
  auto format = std::make_shared<std::string>("markdown");
  command
      ->add_option("--format", *format,
                   "markdown, json-schema or example (default: markdown)")
      ->check(CLI::IsMember({"markdown", "json-schema", "example"}));
  command->callback(
      [format, &run] { run = [format] { return describe(*format); }; });
}

} // namespace telltale::commands

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <re2/re2.h>
#include <sysexits.h>

#include "commands/command.hpp"
#include "commands/exec/exec.hpp"
#include "commands/exec/exec_environment.hpp"
#include "commands/exec/exec_mask.hpp"
#include "commands/exec/exec_rules.hpp"
#include "commands/exec/exec_spool.hpp"

namespace telltale::commands {

namespace {

constexpr auto runner_variable = "TELLTALE_RUNNER_TOKEN";
constexpr auto operator_variable = "TELLTALE_OPERATOR_TOKEN";

struct exec_arguments {
  exec_options options;
  std::string token_variable = runner_variable;
  std::string token_file;
  std::string timeout;
  std::string tail = "16k";
};

std::string variable(const std::string& name) {
  const auto* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

std::string first_line_of(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  if (!std::getline(file, line))
    throw std::runtime_error{"cannot read a token from " + path};
  while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  return line;
}

/// The words after the first `--`, as the kernel has them: CLI11 takes words
/// such as `[a,b]` apart. Empty if there is no `--`.
std::vector<std::string> words_after_dashes() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> out;
  auto is_after = false;
  for (std::string word; std::getline(file, word, '\0');) {
    if (is_after)
      out.push_back(word);
    is_after = is_after || word == "--";
  }
  return out;
}

int start(exec_arguments& arguments) {
  auto& options = arguments.options;
  options.service.runner_token = arguments.token_file.empty()
                                     ? variable(arguments.token_variable)
                                     : first_line_of(arguments.token_file);
  options.service.operator_token = variable(operator_variable);
  options.withheld = {arguments.token_variable, runner_variable,
                      operator_variable};
  options.timeout =
      parse_duration(arguments.timeout).value_or(std::chrono::milliseconds{0});
  options.tail_bytes = parse_bytes(arguments.tail).value_or(16'384);
  if (auto exact = words_after_dashes(); !exact.empty())
    options.command_line = std::move(exact);
  options.mask = local_mask(options.service);
  hide_from_others(options.withheld, {options.service.runner_token,
                                      options.service.operator_token});
  options.spool = spool_folder();
  while (!options.service.url.empty() && options.service.url.back() == '/')
    options.service.url.pop_back();
  return run_exec(options);
}

int start_or_explain(exec_arguments& arguments) {
  try {
    return start(arguments);
  } catch (const std::exception& error) {
    std::cerr << "telltale: " << error.what() << '\n';
    return EX_SOFTWARE;
  }
}

std::string check_duration(const std::string& text) {
  auto value = parse_duration(text);
  return value && value->count() > 0 ? ""
                                     : "wants a duration such as 90s, 15m, 2h";
}

std::string check_bytes(const std::string& text) {
  auto value = parse_bytes(text);
  return value && *value >= 256 ? "" : "wants a size such as 16k, at least 256";
}

std::string check_pattern(const std::string& text) {
  RE2 pattern{text, RE2::Quiet};
  return pattern.ok() ? "" : "is no regular expression: " + pattern.error();
}

} // namespace

void add_exec(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<exec_arguments>();
  auto& options = arguments->options;
  options.service.url = "http://127.0.0.1:8080";
  auto* command = program.add_subcommand(
      "exec", "Run a command as a task and report how it ends");
  command->footer(
      "The command's output goes to the terminal unchanged. The exit code is "
      "the\n"
      "command's own; 128 + N after signal N, 127 if the program is missing, "
      "126\n"
      "if it cannot be run, 124 after a timeout. A service that cannot be "
      "reached\n"
      "changes none of this: the last report is kept on disk, and the next "
      "exec or\n"
      "telltale flush sends it. The tokens are read from "
      "TELLTALE_RUNNER_TOKEN and\n"
      "TELLTALE_OPERATOR_TOKEN; the command inherits neither them nor any "
      "open file.");
  command->add_option("--server", options.service.url, "URL of the service")
      ->envname("TELLTALE_SERVER")
      ->capture_default_str();
  auto* by_name = command
                      ->add_option("--token-env", arguments->token_variable,
                                   "Variable that holds the runner token")
                      ->capture_default_str();
  command
      ->add_option("--token-file", arguments->token_file,
                   "File that holds the runner token")
      ->check(CLI::ExistingFile)
      ->excludes(by_name);
  command->add_option("--kind", options.kind, "Kind of the task")
      ->capture_default_str();
  command->add_option("--title", options.title,
                      "Title of the task (default: the command line)");
  command->add_option("--chat-session", options.chat_session,
                      "Chat session that is told of a failure");
  command
      ->add_option("--timeout", arguments->timeout,
                   "End the command after this time (90s, 15m, 2h)")
      ->check(check_duration);
  command
      ->add_option("--tail", arguments->tail,
                   "Bytes of the last output that a failure reports")
      ->check(check_bytes)
      ->capture_default_str();
  auto* by_pattern =
      command
          ->add_option("--posted-if", options.posted_if,
                       "The lines of output that this regular expression "
                       "finds are things posted")
          ->check(check_pattern);
  command
      ->add_option("--posted", options.posted,
                   "How many things a success has posted")
      ->check(CLI::NonNegativeNumber)
      ->excludes(by_pattern);
  command
      ->add_option("--max-attempts", options.max_attempts,
                   "Attempts; a failure that may pass is tried again")
      ->check(CLI::Range(1U, 100U))
      ->capture_default_str();
  command->add_flag("--quiet", options.quiet, "Print no line of our own");
  command
      ->add_option("command", options.command_line,
                   "The command and its arguments, after --")
      ->required();
  command->positionals_at_end();
  command->callback([arguments, &run] {
    run = [arguments] { return start_or_explain(*arguments); };
  });
}

} // namespace telltale::commands

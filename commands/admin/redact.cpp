#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <sysexits.h>

#include <CLI/CLI.hpp>

#include "actors/redaction/engine.hpp"
#include "commands/command.hpp"

// `telltale redact`: files or standard input through the engine.

namespace telltale::commands {

namespace {

struct redact_options {
  redaction_profile profile = redaction_profile::store;
  bool report = false;
  bool null_separated = false;
  std::vector<std::string> files;
};

using totals = std::map<std::string, std::uint64_t>;

void redact_one(const redaction_engine& engine, const redact_options& options,
                std::string_view text, totals& sum) {
  const auto result = engine.redact(text, options.profile);
  std::cout << result.text;
  if (options.null_separated)
    std::cout << '\0';
  for (const auto& found : result.findings)
    sum[found.kind] += found.count;
}

void redact_stream(const redaction_engine& engine,
                   const redact_options& options, std::istream& in,
                   totals& sum) {
  if (options.null_separated) {
    for (std::string text; std::cout && std::getline(in, text, '\0');) {
      redact_one(engine, options, text, sum);
      // Whoever waits for an answer before asking again gets it.
      if (in.rdbuf()->in_avail() <= 0)
        std::cout.flush();
    }
    return;
  }
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  redact_one(engine, options, text, sum);
}

int run_redact(const redact_options& options) {
  const redaction_engine engine{config::redaction_config{}};
  std::ios::sync_with_stdio(false);
  totals sum;
  if (options.files.empty())
    redact_stream(engine, options, std::cin, sum);
  int result = EX_OK;
  for (const auto& name : options.files) {
    if (name == "-") {
      redact_stream(engine, options, std::cin, sum);
      continue;
    }
    std::error_code unknown;
    const bool folder = std::filesystem::is_directory(name, unknown);
    std::ifstream in;
    if (!folder)
      in.open(name, std::ios::binary);
    if (folder || !in) {
      // The others are told nevertheless.
      std::cerr << "telltale redact: " << name << ": "
                << std::strerror(folder ? EISDIR : errno) << '\n';
      result = EX_NOINPUT;
      continue;
    }
    redact_stream(engine, options, in, sum);
  }
  std::cout.flush();
  if (options.report)
    for (const auto& [kind, count] : sum)
      std::cerr << kind << '\t' << count << '\n';
  if (!std::cout) {
    std::cerr << "telltale redact: the output cannot be written\n";
    return EX_IOERR;
  }
  return result;
}

} // namespace

void add_redact(CLI::App& program, chosen& run) {
  auto* command = program.add_subcommand(
      "redact", "Mask secrets in files or standard input, as the service does");
  auto options = std::make_shared<redact_options>();
  static const std::map<std::string, redaction_profile> profiles{
      {"store", redaction_profile::store},
      {"event", redaction_profile::event},
      {"chat", redaction_profile::chat}};
  command
      ->add_option("--profile", options->profile,
                   "for whom: store, event or chat (default: store)")
      ->transform(CLI::CheckedTransformer(profiles, CLI::ignore_case));
  command->add_flag("--report", options->report,
                    "tell on standard error how often each class was masked");
  command->add_flag("--null", options->null_separated,
                    "messages end with NUL, in and out");
  command->add_option("files", options->files,
                      "files to read; none or -: standard input");
  command->callback(
      [options, &run] { run = [options] { return run_redact(*options); }; });
}

} // namespace telltale::commands

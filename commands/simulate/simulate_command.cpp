#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.hpp"
#include "commands/simulate/simulate.hpp"

namespace telltale::commands {

namespace {

struct simulate_arguments {
  simulation_options options;
  std::uint32_t seconds = 0;
  std::uint32_t patience = 30;
  std::string mix_file;
  std::string dialect = "native";
  bool wants_json = false;
};

std::string variable(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr ? value : "";
}

behaviour_mix mix_from(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  try {
    return parse_mix(text.str());
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument{path + ": " + error.what()};
  }
}

int start(simulate_arguments& arguments) {
  auto& options = arguments.options;
  options.spread = std::chrono::seconds{arguments.seconds};
  options.patience = std::chrono::seconds{arguments.patience};
  options.service.runner_token = variable("TELLTALE_RUNNER_TOKEN");
  options.service.operator_token = variable("TELLTALE_OPERATOR_TOKEN");
  options.shows_progress = ::isatty(STDERR_FILENO) == 1;
  options.speaks = *parse_dialect(arguments.dialect);
  if (!arguments.mix_file.empty())
    options.mix = mix_from(arguments.mix_file);
  auto result = run_simulation(options);
  std::cout << (arguments.wants_json ? as_json(result) : as_table(result))
            << std::flush;
  return result.is_true() ? EX_OK : 1;
}

int start_or_explain(simulate_arguments& arguments) {
  try {
    return start(arguments);
  } catch (const std::invalid_argument& error) {
    std::cerr << "telltale: " << error.what() << '\n';
    return EX_CONFIG;
  } catch (const std::exception& error) {
    std::cerr << "telltale: " << error.what() << '\n';
    return EX_SOFTWARE;
  }
}

} // namespace

void add_simulate(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<simulate_arguments>();
  auto& options = arguments->options;
  options.service.url = "http://127.0.0.1:8080";
  auto* command = program.add_subcommand(
      "simulate",
      "Drive a service with simulated runners and check what it tells");
  command->footer(
      "Tokens are read from TELLTALE_RUNNER_TOKEN and "
      "TELLTALE_OPERATOR_TOKEN.\n"
      "A mix is TOML: seed, a table [weights] with a share per behaviour\n"
      "(delivered, clean, silent_noop, noop_by_detail, unverified, crash,\n"
      "provider_failure, secret_crash, retried, timed_out, silence,\n"
      "late_success), and [work] with least and most as durations.\n"
      "A daemon registers, claims, starts and completes, and replays its\n"
      "terminal reports until they are taken; a job is started by a job\n"
      "system and tries nothing twice. What a dialect has no words for is\n"
      "played as what comes next to it.\n"
      "Exits 0 if what was reported is what the service tells, else 1.");
  command->add_option("--url", options.service.url, "URL of the service")
      ->envname("TELLTALE_SERVER")
      ->capture_default_str();
  command->add_option("--runners", options.runners, "Runners at a time")
      ->check(CLI::Range(1U, 10'000U))
      ->capture_default_str();
  command->add_option("--tasks", options.tasks, "Tasks to create")
      ->check(CLI::Range(1U, 10'000'000U))
      ->capture_default_str();
  command
      ->add_option("--seconds", arguments->seconds,
                   "Create them over this time (0: at once)")
      ->capture_default_str();
  command
      ->add_option("--patience", arguments->patience,
                   "Seconds to wait for what is open after that")
      ->capture_default_str();
  command->add_option("--mix", arguments->mix_file, "Scenario file")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--dialect", arguments->dialect,
                   "How the runners speak: native, daemon or job")
      ->check(CLI::IsMember({"native", "daemon", "job"}))
      ->capture_default_str();
  command->add_option("--kind", options.kind,
                      "Kind of the tasks (default: one of this run alone)");
  command->add_option("--chat-session", options.chat_session,
                      "Chat session that is told of failures");
  command->add_flag("--json", arguments->wants_json,
                    "Print the result as JSON");
  command->callback([arguments, &run] {
    run = [arguments] { return start_or_explain(*arguments); };
  });
}

} // namespace telltale::commands

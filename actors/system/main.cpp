#include <cstdio>
#include <exception>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <sysexits.h>

#include "actors/system/serve.hpp"
#include "commands/command.hpp"

// One binary, `telltale`: serving and everything beside it.

int main(int argc, char** argv) {
  CLI::App program{"Telltale carries the reason a run failed from the machine "
                   "where it failed "
                   "to the people who wait for it.",
                   "telltale"};
  program.set_version_flag("--version",
                           std::string{"telltale "} + TELLTALE_VERSION);
  program.require_subcommand(1);
  telltale::commands::chosen run;
  // Each is listed under the heading of those who need it.
  const auto under = [&](const std::string& heading, auto... add) {
    const auto before =
        program.get_subcommands([](const CLI::App*) { return true; }).size();
    (add(program, run), ...);
    const auto all =
        program.get_subcommands([](const CLI::App*) { return true; });
    for (auto i = before; i < all.size(); ++i)
      all[i]->group(heading);
  };
  using namespace telltale::commands;
  under("The service", telltale::add_serve, telltale::add_migrate,
        add_check_config, add_describe_config, add_token);
  under("What happened, and why", add_why, add_report, add_runs, add_tail);
  under("What operators change", add_changes, add_deliveries, add_mutes,
        add_chats, add_routes);
  under("Runners", add_exec, add_flush, add_simulate);
  under("Tools", add_redact, add_classify, add_reasons, add_sink,
        [](CLI::App& to, chosen& chosen_run) {
          add_manual(to, chosen_run, TELLTALE_VERSION);
        });
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    // CLI11 prints help and errors; a wrong command line is EX_USAGE.
    return program.exit(problem) == 0 ? EX_OK : EX_USAGE;
  }
  try {
    return run();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "telltale: %s\n", problem.what());
    return EX_SOFTWARE;
  }
}

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
  telltale::add_serve(program, run);
  telltale::add_migrate(program, run);
  telltale::commands::add_check_config(program, run);
  telltale::commands::add_describe_config(program, run);
  telltale::commands::add_exec(program, run);
  telltale::commands::add_simulate(program, run);
  telltale::commands::add_sink(program, run);
  telltale::commands::add_redact(program, run);
  telltale::commands::add_classify(program, run);
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

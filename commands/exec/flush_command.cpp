#include <cstdlib>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "commands/exec/exec_spool.hpp"

namespace telltale::commands {

namespace {

struct flush_arguments {
  console_options where;
  std::string runner_variable = "TELLTALE_RUNNER_TOKEN";
};

int flush(const flush_arguments& arguments) {
  return run_console(arguments.where, [&](operator_console& console) {
    auto address = console.where();
    if (const auto* token = std::getenv(arguments.runner_variable.c_str()))
      address.runner_token = token;
    http::client_options connection;
    connection.ca_file = arguments.where.ca_file;
    runner_client service{address, connection};
    const auto done = report_spool{spool_folder()}.send(service);
    std::cout << "sent " << done.sent << ", refused " << done.refused
              << ", kept " << done.kept << ", too old " << done.expired << '\n';
    if (!done.trouble.empty())
      std::cerr << "telltale: " << printable(done.trouble) << '\n';
    return done.kept > 0 ? EX_TEMPFAIL : EX_OK;
  });
}

} // namespace

void add_flush(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<flush_arguments>();
  auto* command = program.add_subcommand(
      "flush", "Send the last reports that telltale exec could not send");
  command->footer(
      "They wait for a week at most in $XDG_STATE_HOME/telltale/spool, else\n"
      "~/.local/state/telltale/spool. What was run with a runner token is "
      "sent\n"
      "with the one in TELLTALE_RUNNER_TOKEN.");
  add_console_options(*command, arguments->where, false);
  command->callback(
      [arguments, &run] { run = [arguments] { return flush(*arguments); }; });
}

} // namespace telltale::commands

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "commands/operate/report.hpp"

namespace telltale::commands {

namespace {

struct report_arguments {
  console_options console;
  unsigned days = 14;
  std::string kind;
};

int print_report(const report_arguments& arguments, operator_console& console) {
  const auto stats =
      console.get("/stats"
                  + query_of({{"window", std::to_string(arguments.days) + "d"},
                              {"bucket", arguments.days > 2 ? "1d" : "1h"},
                              {"kind", arguments.kind}}));
  if (console.wants_json())
    operator_console::print_json(stats);
  else
    std::cout << report_text(stats, console.screen());
  return EX_OK;
}

} // namespace

void add_report(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<report_arguments>();
  auto* command = program.add_subcommand(
      "report", "Audit the last days: silent no-ops, failures by reason, what "
                "could not be told");
  add_console_options(*command, arguments->console);
  command->add_option("--days", arguments->days, "How many days back")
      ->check(CLI::Range(1U, 90U))
      ->capture_default_str();
  command->add_option("--kind", arguments->kind, "Only runs of this kind");
  command->callback([arguments, &run] {
    run = [arguments] {
      return run_console(arguments->console, [&](operator_console& console) {
        return print_report(*arguments, console);
      });
    };
  });
}

} // namespace telltale::commands

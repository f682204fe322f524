#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace telltale::commands {

/// What the command line asked for: set by the one subcommand that was named,
/// run by main, whose exit code it gives (sysexits).
using chosen = std::function<int()>;

// Each adds its subcommand with its options to the program.
void add_exec(CLI::App& program, chosen& run);
void add_flush(CLI::App& program, chosen& run);
void add_simulate(CLI::App& program, chosen& run);
void add_sink(CLI::App& program, chosen& run);
void add_redact(CLI::App& program, chosen& run);
void add_classify(CLI::App& program, chosen& run);
void add_reasons(CLI::App& program, chosen& run);
void add_why(CLI::App& program, chosen& run);
void add_report(CLI::App& program, chosen& run);
void add_runs(CLI::App& program, chosen& run);
void add_tail(CLI::App& program, chosen& run);
/// retry and cancel.
void add_changes(CLI::App& program, chosen& run);
/// deliveries and redeliver.
void add_deliveries(CLI::App& program, chosen& run);
/// mute and unmute.
void add_mutes(CLI::App& program, chosen& run);
/// list, bind, unbind.
void add_chats(CLI::App& program, chosen& run);
/// list, test.
void add_routes(CLI::App& program, chosen& run);
/// completion and manual, of all that was added to the program.
void add_manual(CLI::App& program, chosen& run, std::string version);
/// token new.
void add_token(CLI::App& program, chosen& run);
void add_check_config(CLI::App& program, chosen& run);
void add_describe_config(CLI::App& program, chosen& run);

} // namespace telltale::commands

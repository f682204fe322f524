#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "commands/command.hpp"
#include "commands/sink/sink_server.hpp"
#include "commands/sink/sink_wire.hpp"

namespace telltale::commands {

namespace {

constexpr int exit_unavailable = 69; // sysexits: EX_UNAVAILABLE

struct sink_choices {
  std::string listen = "127.0.0.1:9101";
  std::int64_t latency_ms = 0;
  sink_options options;
  bool json = false;
};

/// Lines after the first stand under the first one's text.
std::string indented(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n')
      result += "  ";
  }
  return result;
}

/// How a message stands on the terminal.
std::string shown(const sink_message& what, bool colour) {
  const auto time = what.received_at.size() > 19
                        ? what.received_at.substr(11, 8)
                        : what.received_at;
  auto where = what.relay;
  if (!what.chat.empty())
    where += " " + harmless(what.chat);
  if (!what.reply_to.empty())
    where += " (reply to " + harmless(what.reply_to) + ")";
  const std::string dim = colour ? "\x1b[2m" : "";
  const std::string bold = colour ? "\x1b[1m" : "";
  const std::string off = colour ? "\x1b[0m" : "";
  return dim + time + off + " " + bold + indented(where) + off + "\n  "
         + indented(harmless(what.text)) + "\n";
}

int run_sink(const sink_choices& choices) {
  // Before any thread starts, so that all of them leave these to sigwait.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto options = choices.options;
  options.latency = std::chrono::milliseconds{choices.latency_ms};
  const bool colour = isatty(STDOUT_FILENO) == 1;
  std::mutex out;
  const auto print = [&](const sink_message& message) {
    const auto text =
        choices.json ? to_json(message) + "\n" : shown(message, colour);
    const std::lock_guard lock{out};
    std::cout << text << std::flush;
  };
  try {
    // Nobody's message may overtake the line that says where to send it.
    std::unique_lock first{out};
    const sink_server server{choices.listen, options, print};
    std::cout << "sink listening on http://"
              << choices.listen.substr(0, choices.listen.rfind(':')) << ":"
              << server.port() << std::endl;
    first.unlock();
    int signal = 0;
    sigwait(&ending, &signal);
  } catch (const std::exception& error) {
    std::cerr << "telltale sink: " << error.what() << "\n";
    return exit_unavailable;
  }
  return 0;
}

} // namespace

void add_sink(CLI::App& program, chosen& run) {
  auto choices = std::make_shared<sink_choices>();
  auto* command = program.add_subcommand(
      "sink",
      "A local stand-in for every chat: takes Octo, Lark, Slack, "
      "DingTalk, WeCom, Telegram and webhook messages, shows them here "
      "and at /, lists them at /messages and /chats, keeps the chats' limits "
      "with --real-limits, faults on demand at /faults");
  command
      ->add_option("--listen", choices->listen, "Address and port; port 0: any")
      ->capture_default_str();
  command
      ->add_option("--fail-rate", choices->options.fail_rate,
                   "Share of messages that are refused, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--code", choices->options.code,
                      "Lark code of refused messages, such as 230020; else a "
                      "broken server");
  command
      ->add_option("--latency", choices->latency_ms,
                   "How late answers come, such as 50ms or 2s")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1000}},
          CLI::AsNumberWithUnit::CASE_INSENSITIVE));
  command->add_option("--throttle", choices->options.throttle,
                      "Most messages a second and chat; 0: no limit");
  command->add_flag("--real-limits", choices->options.real_limits,
                    "Each chat refuses what the real one would: messages a "
                    "second and a minute, of a chat and of an app, with its "
                    "own error (docs/relays.md); /stats counts them");
  command->add_option("--secret", choices->options.secrets,
                      "Secret of webhooks (whsec_ + base64) or of a DingTalk "
                      "robot (SEC...); once one is named, others of its kind "
                      "are refused");
  command->add_option("--seed", choices->options.seed, "Seed of the refusals");
  command->add_flag("--json", choices->json, "One JSON object per message");
  command->callback(
      [choices, &run] { run = [choices] { return run_sink(*choices); }; });
}

} // namespace telltale::commands

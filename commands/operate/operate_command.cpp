#include <cstdlib>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "commands/operate/why.hpp"
#include "text/percent.hpp"

// why, runs, retry, cancel: tasks at an operator's terminal.

namespace telltale::commands {

namespace json = boost::json;

namespace {

std::string own_locale() {
  for (const auto* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const auto* value = std::getenv(name);
        value != nullptr && *value != '\0')
      return std::string_view{value}.starts_with("zh") ? "zh-CN" : "en";
  return "en";
}

std::string task_path(std::string_view named) {
  return "/tasks/" + text::percent_encode(task_named(named));
}

struct why_arguments {
  console_options console;
  std::string task;
  bool last = false;
  std::string locale = own_locale();
};

int tell_why(const why_arguments& arguments, operator_console& console) {
  auto task = arguments.task;
  if (arguments.last) {
    const auto page = console.get("/tasks?outcome=failed&limit=1");
    const auto& list = page.at("tasks").as_array();
    if (list.empty())
      throw console_error{EX_NOINPUT, "no run has failed"};
    task = text_at(list.front(), "id");
  }
  const auto found = console.get(task_path(task));
  if (console.wants_json()) {
    operator_console::print_json(found);
    return EX_OK;
  }
  std::cout << why_screen(found, console.get("/failure-reasons"),
                          arguments.locale, console.screen(), now_utc());
  return EX_OK;
}

struct runs_arguments {
  console_options console;
  std::string status, outcome, reason, cause, kind, runner, words, since;
  std::uint32_t limit = 20;
};

std::string moment_before(const std::string& text) {
  if (text.empty() || parse_rfc3339(text))
    return text;
  const auto span = read_span(text);
  if (!span)
    throw console_error{EX_USAGE, "--since wants a span such as 2h, or a time"};
  return format_rfc3339(now_utc() - *span);
}

colour colour_of(std::string_view state) {
  if (state == "failed" || state == "timed_out")
    return colour::red;
  if (state == "silent_noop")
    return colour::yellow;
  if (state == "delivered" || state == "clean")
    return colour::green;
  return colour::plain;
}

int list_runs(const runs_arguments& arguments, operator_console& console) {
  const auto page =
      console.get("/tasks"
                  + query_of({{"status", arguments.status},
                              {"outcome", arguments.outcome},
                              {"failure_reason", arguments.reason},
                              {"cause", arguments.cause},
                              {"kind", arguments.kind},
                              {"runner_id", arguments.runner},
                              {"q", arguments.words},
                              {"since", moment_before(arguments.since)},
                              {"limit", std::to_string(arguments.limit)}}));
  if (console.wants_json()) {
    operator_console::print_json(page);
    return EX_OK;
  }
  const auto now = now_utc();
  table rows{{"task", "state", "made", "kind", "reason", "what"}};
  for (const auto& each : page.at("tasks").as_array()) {
    auto state = text_at(each, "outcome");
    if (state.empty())
      state = text_at(each, "status");
    auto what = first_line(text_at(each, "telling_line"));
    if (what.empty())
      what = first_line(text_at(each, "title"));
    const auto made = parse_rfc3339(text_at(each, "created_at"));
    rows.add({{text_at(each, "id"), colour::dim},
              {state, colour_of(state)},
              {made ? age_words(*made, now) : ""},
              {printable(text_at(each, "kind"))},
              {printable(text_at(each, "failure_reason"))},
              {what}});
  }
  std::cout << (rows.empty() ? "No run is like that.\n"
                             : rows.print(console.screen()));
  if (!text_at(page, "next_cursor").empty())
    std::cout << "There are more; --limit shows up to 200.\n";
  return EX_OK;
}

struct change_arguments {
  console_options console;
  std::vector<std::string> tasks;
};

/// Does the same to each task; goes on after a refusal and ends with its code.
int change_tasks(const change_arguments& arguments, operator_console& console,
                 const std::string& verb, std::string_view done) {
  int code = EX_OK;
  json::array changed;
  for (const auto& task : arguments.tasks) {
    try {
      auto answer = console.post(task_path(task) + "/" + verb);
      if (!console.wants_json())
        std::cout << text_at(answer, "id") << ' ' << done << '\n';
      changed.push_back(std::move(answer));
    } catch (const console_error& error) {
      std::cerr << "telltale: " << printable(task_named(task)) << ": "
                << error.what() << '\n';
      code = error.exit_code();
    }
  }
  if (console.wants_json())
    operator_console::print_json(changed);
  return code;
}

void add_change(CLI::App& program, chosen& run, const std::string& verb,
                const std::string& sentence, std::string_view done) {
  auto arguments = std::make_shared<change_arguments>();
  auto* command = program.add_subcommand(verb, sentence);
  add_console_options(*command, arguments->console);
  command
      ->add_option("task", arguments->tasks, "Ids of tasks, or links to runs")
      ->required();
  command->callback([arguments, &run, verb, done] {
    run = [arguments, verb, done] {
      return run_console(arguments->console, [&](operator_console& console) {
        return change_tasks(*arguments, console, verb, done);
      });
    };
  });
}

} // namespace

void add_why(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<why_arguments>();
  auto* command = program.add_subcommand(
      "why", "Tell why a run ended as it did: its attempts, and who was told");
  add_console_options(*command, arguments->console);
  auto* task = command->add_option("task", arguments->task,
                                   "Id of the task, or a link to the run");
  command->add_flag("--last", arguments->last, "The failed run made last")
      ->excludes(task);
  command
      ->add_option("--locale", arguments->locale,
                   "Language of the reasons: en, zh-CN")
      ->capture_default_str();
  command->callback([arguments, command, &run] {
    if (arguments->task.empty() && !arguments->last)
      throw CLI::RequiredError(command->get_name() + " wants a task or --last");
    run = [arguments] {
      return run_console(arguments->console, [&](operator_console& console) {
        return tell_why(*arguments, console);
      });
    };
  });
}

void add_runs(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<runs_arguments>();
  auto* command = program.add_subcommand("runs", "List runs, newest first");
  add_console_options(*command, arguments->console);
  command->add_option("--status", arguments->status,
                      "queued, running, succeeded, failed, …");
  command->add_option("--outcome", arguments->outcome,
                      "failed, silent_noop, unverified, delivered, clean");
  command->add_option("--reason", arguments->reason, "A failure reason");
  command->add_option("--cause", arguments->cause,
                      "Fingerprint of a failure's cause");
  command->add_option("--kind", arguments->kind, "Kind of the task");
  command->add_option("--runner", arguments->runner, "Id of a runner");
  command->add_option("-q,--search", arguments->words,
                      "Words in title and detail");
  command->add_option("--since", arguments->since,
                      "Made in the last 2h, 3d …, or since a time");
  command->add_option("--limit", arguments->limit, "How many")
      ->check(CLI::Range(1U, 200U))
      ->capture_default_str();
  command->callback([arguments, &run] {
    run = [arguments] {
      return run_console(arguments->console, [&](operator_console& console) {
        return list_runs(*arguments, console);
      });
    };
  });
}

void add_changes(CLI::App& program, chosen& run) {
  add_change(program, run, "retry", "Queue finished tasks again", "is queued");
  add_change(program, run, "cancel", "Cancel tasks that are not finished",
             "is cancelled");
}

} // namespace telltale::commands

#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "text/percent.hpp"

// deliveries, redeliver, mute, unmute: the last mile at an operator's terminal.

namespace telltale::commands {

namespace json = boost::json;

namespace {

struct deliveries_arguments {
  console_options console;
  std::string state, relay, task;
  std::uint32_t limit = 20;
};

colour colour_of(std::string_view state) {
  if (state == "dead")
    return colour::red;
  return state == "sent" ? colour::green : colour::yellow;
}

std::string note_of(const json::value& delivery, timestamp now) {
  if (const auto sent = parse_rfc3339(text_at(delivery, "sent_at")))
    return age_words(*sent, now) + ": " + first_line(text_at(delivery, "text"));
  auto note = first_line(text_at(delivery, "last_error"));
  if (const auto muted = parse_rfc3339(text_at(delivery, "muted_until")))
    return "muted, told " + age_words(*muted, now);
  const auto next = parse_rfc3339(text_at(delivery, "next_try_at"));
  if (next && text_at(delivery, "state") == "pending")
    note =
        "next try " + age_words(*next, now) + (note.empty() ? "" : ": ") + note;
  return note;
}

int list_deliveries(const deliveries_arguments& arguments,
                    operator_console& console) {
  const auto page =
      console.get("/deliveries"
                  + query_of({{"state", arguments.state},
                              {"relay", arguments.relay},
                              {"task_id", arguments.task},
                              {"limit", std::to_string(arguments.limit)}}));
  if (console.wants_json()) {
    operator_console::print_json(page);
    return EX_OK;
  }
  const auto now = now_utc();
  table rows{{"delivery", "state", "relay", "chat", "tries", "what"}};
  for (const auto& each : page.at("deliveries").as_array()) {
    const auto state = text_at(each, "state");
    rows.add({{text_at(each, "id"), colour::dim},
              {state, colour_of(state)},
              {printable(text_at(each, "relay"))},
              {printable(text_at(each, "chat_id"))},
              {std::to_string(number_at(each, "tries").value_or(0))},
              {note_of(each, now)}});
  }
  std::cout << (rows.empty() ? "No delivery is like that.\n"
                             : rows.print(console.screen()));
  if (!text_at(page, "next_cursor").empty())
    std::cout << "There are more; --limit shows up to 200.\n";
  return EX_OK;
}

struct redeliver_arguments {
  console_options console;
  std::vector<std::string> ids;
  bool all_dead = false;
  std::string relay;
};

int redeliver(const redeliver_arguments& arguments, operator_console& console) {
  if (arguments.all_dead) {
    json::object body;
    if (!arguments.relay.empty())
      body["relay"] = arguments.relay;
    const auto answer = console.post("/deliveries/redeliver", std::move(body));
    if (console.wants_json())
      operator_console::print_json(answer);
    else
      std::cout << number_at(answer, "redelivered").value_or(0)
                << " will be sent again\n";
    return EX_OK;
  }
  int code = EX_OK;
  json::array all;
  for (const auto& id : arguments.ids) {
    try {
      auto answer = console.post("/deliveries/" + text::percent_encode(id)
                                 + "/redeliver");
      if (!console.wants_json())
        std::cout << printable(id) << " will be sent again\n";
      all.push_back(std::move(answer));
    } catch (const console_error& error) {
      std::cerr << "telltale: " << printable(id) << ": " << error.what()
                << '\n';
      code = error.exit_code();
    }
  }
  if (console.wants_json())
    operator_console::print_json(all);
  return code;
}

struct mute_arguments {
  console_options console;
  std::string relay, chat, span = "1h", note;
};

void print_mute(const json::value& mute, timestamp now) {
  const auto until = parse_rfc3339(text_at(mute, "until"));
  const auto chat = text_at(mute, "chat_id");
  std::cout << printable(text_at(mute, "relay"))
            << (chat.empty() ? std::string{", every chat"}
                             : " " + printable(chat))
            << " is muted until " << text_at(mute, "until")
            << (until ? " (" + age_words(*until, now) + ")" : "")
            << "; what would be told waits\n";
}

int list_mutes(operator_console& console) {
  const auto answer = console.get("/mutes");
  if (console.wants_json()) {
    operator_console::print_json(answer);
    return EX_OK;
  }
  const auto now = now_utc();
  table rows{{"relay", "chat", "until", "waiting", "note"}};
  for (const auto& each : answer.at("mutes").as_array()) {
    const auto until = parse_rfc3339(text_at(each, "until"));
    const auto chat = text_at(each, "chat_id");
    rows.add({{printable(text_at(each, "relay"))},
              {chat.empty() ? "every chat" : printable(chat)},
              {until ? age_words(*until, now) : ""},
              {std::to_string(number_at(each, "waiting").value_or(0))},
              {first_line(text_at(each, "note"))}});
  }
  std::cout << (rows.empty() ? "Nothing is muted.\n"
                             : rows.print(console.screen()));
  return EX_OK;
}

int mute(const mute_arguments& arguments, operator_console& console) {
  if (arguments.relay.empty())
    return list_mutes(console);
  json::object body{{"relay", arguments.relay}};
  if (!arguments.chat.empty())
    body["chat_id"] = arguments.chat;
  if (const auto span = read_span(arguments.span))
    body["until"] = format_rfc3339(now_utc() + *span);
  else if (parse_rfc3339(arguments.span))
    body["until"] = arguments.span;
  else
    throw console_error{EX_USAGE, "--for wants a span such as 2h, or a time"};
  if (!arguments.note.empty())
    body["note"] = arguments.note;
  const auto answer = console.put("/mutes", std::move(body));
  if (console.wants_json())
    operator_console::print_json(answer);
  else
    print_mute(answer, now_utc());
  return EX_OK;
}

int unmute(const mute_arguments& arguments, operator_console& console) {
  console.remove(
      "/mutes"
      + query_of({{"relay", arguments.relay}, {"chat_id", arguments.chat}}));
  std::cout << printable(arguments.relay)
            << (arguments.chat.empty() ? "" : " " + printable(arguments.chat))
            << " is told again\n";
  return EX_OK;
}

template <class Arguments, class Work>
void runs(CLI::App* command, chosen& run,
          const std::shared_ptr<Arguments>& arguments, Work work) {
  command->callback([arguments, work, &run] {
    run = [arguments, work] {
      return run_console(arguments->console, [&](operator_console& console) {
        return work(*arguments, console);
      });
    };
  });
}

} // namespace

void add_deliveries(CLI::App& program, chosen& run) {
  auto listed = std::make_shared<deliveries_arguments>();
  auto* list = program.add_subcommand(
      "deliveries", "List what is, was or could not be told, newest first");
  add_console_options(*list, listed->console);
  list->add_option("--state", listed->state, "pending, sent or dead")
      ->check(CLI::IsMember({"pending", "sent", "dead"}));
  list->add_option("--relay", listed->relay, "Name of a relay");
  list->add_option("--task", listed->task, "Id of a task");
  list->add_option("--limit", listed->limit, "How many")
      ->check(CLI::Range(1U, 200U))
      ->capture_default_str();
  runs(list, run, listed, list_deliveries);

  auto again = std::make_shared<redeliver_arguments>();
  auto* command =
      program.add_subcommand("redeliver", "Send deliveries once more");
  add_console_options(*command, again->console);
  auto* ids = command->add_option("delivery", again->ids, "Ids of deliveries");
  auto* all =
      command->add_flag("--all-dead", again->all_dead, "All that are dead");
  all->excludes(ids);
  command->add_option("--relay", again->relay, "Only those of this relay")
      ->needs(all);
  command->callback([again, command, &run] {
    if (again->ids.empty() && !again->all_dead)
      throw CLI::RequiredError(command->get_name()
                               + " wants a delivery or --all-dead");
    run = [again] {
      return run_console(again->console, [&](operator_console& console) {
        return redeliver(*again, console);
      });
    };
  });
}

void add_mutes(CLI::App& program, chosen& run) {
  auto muted = std::make_shared<mute_arguments>();
  auto* command = program.add_subcommand(
      "mute", "Hold back what a relay or chat is told; without one, list");
  add_console_options(*command, muted->console);
  command->add_option("relay", muted->relay, "Name of a relay");
  command->add_option("chat", muted->chat, "Id of a chat (default: all)");
  command->add_option("--for", muted->span, "How long (30m, 2h, 1d), or until")
      ->capture_default_str();
  command->add_option("--note", muted->note, "Why, for other operators");
  command->footer("Nothing is lost: what waits is told, gathered, when the "
                  "mute ends.");
  runs(command, run, muted, mute);

  auto told = std::make_shared<mute_arguments>();
  auto* end = program.add_subcommand("unmute", "End a mute before its time");
  add_console_options(*end, told->console, false);
  end->add_option("relay", told->relay, "Name of a relay")->required();
  end->add_option("chat", told->chat, "Id of a chat (default: the relay's)");
  runs(end, run, told, unmute);
}

} // namespace telltale::commands

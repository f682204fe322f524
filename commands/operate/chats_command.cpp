#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <sysexits.h>

#include "commands/client/console.hpp"
#include "commands/command.hpp"
#include "text/percent.hpp"

// chats and routes: who is told, at an operator's terminal.

namespace telltale::commands {

namespace json = boost::json;

namespace {

using work = std::function<int(operator_console&)>;

void runs(CLI::App& command, chosen& run, const console_options& console,
          work what) {
  command.callback([&run, &console, what = std::move(what)] {
    run = [&console, what] { return run_console(console, what); };
  });
}

struct chat_arguments {
  console_options console;
  std::string session, relay, chat, thread, reply_to, locale;
  std::int64_t channel_type = 0;
};

std::string session_path(const std::string& session) {
  return "/chat-sessions/" + text::percent_encode(session);
}

std::string chat_words(const json::value& chat) {
  auto words = text_at(chat, "relay");
  if (const auto id = text_at(chat, "chat_id"); !id.empty())
    words += ' ' + id;
  if (const auto thread = text_at(chat, "thread_id"); !thread.empty())
    words += " thread " + thread;
  return printable(words);
}

int list_chats(operator_console& console) {
  json::array all;
  std::string after;
  while (true) {
    const auto page = console.get(
        "/chat-sessions" + query_of({{"after", after}, {"limit", "200"}}));
    const auto& list = page.at("chat_sessions").as_array();
    all.insert(all.end(), list.begin(), list.end());
    after = text_at(page, "next_after");
    if (after.empty() || list.empty())
      break;
  }
  if (console.wants_json()) {
    operator_console::print_json(all);
    return EX_OK;
  }
  table rows{{"session", "relay", "chat", "thread"}};
  for (const auto& each : all)
    rows.add({{printable(text_at(each, "id"))},
              {printable(text_at(each, "relay"))},
              {printable(text_at(each, "chat_id"))},
              {printable(text_at(each, "thread_id"))}});
  std::cout << (rows.empty() ? "No chat session is bound to a chat: bind one "
                               "by telltale chats bind.\n"
                             : rows.print(console.screen()));
  return EX_OK;
}

int bind(const chat_arguments& arguments, operator_console& console) {
  json::object body{{"relay", arguments.relay}, {"chat_id", arguments.chat}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty())
      body[name] = value;
  };
  put("thread_id", arguments.thread);
  put("reply_to", arguments.reply_to);
  put("locale", arguments.locale);
  if (arguments.channel_type != 0)
    body["channel_type"] = arguments.channel_type;
  const auto answer =
      console.put(session_path(arguments.session), std::move(body));
  if (console.wants_json())
    operator_console::print_json(answer);
  else
    std::cout << printable(arguments.session) << " is bound to "
              << chat_words(answer) << '\n';
  return EX_OK;
}

int unbind(const chat_arguments& arguments, operator_console& console) {
  console.remove(session_path(arguments.session));
  if (!console.wants_json())
    std::cout << printable(arguments.session) << " is bound to no chat\n";
  return EX_OK;
}

struct route_arguments {
  console_options console;
  std::string kind, reason, workspace, session;
  std::vector<std::string> labels;
};

std::string match_words(const json::value& match) {
  std::string words;
  for (const auto& [name, value] : match.as_object()) {
    if (!words.empty())
      words += ", ";
    words += std::string{name} + ' '
             + (value.is_string() ? std::string{value.get_string()}
                                  : json::serialize(value));
  }
  return words.empty() ? "everything" : printable(words);
}

std::string chat_list(const json::value& chats) {
  std::string words;
  for (const auto& each : chats.as_array())
    words += (words.empty() ? "" : "; ") + chat_words(each);
  return words;
}

int list_routes(operator_console& console) {
  const auto found = console.get("/routes");
  if (console.wants_json()) {
    operator_console::print_json(found);
    return EX_OK;
  }
  table rows{{"failures of", "go to", "then"}};
  for (const auto& each : found.at("routes").as_array())
    rows.add({{match_words(each.at("match"))},
              {chat_list(each.at("to"))},
              {each.at("continue").as_bool() ? "the next" : ""}});
  if (const auto rest = chat_list(found.at("default_chats")); !rest.empty())
    rows.add({{"what no route fits"}, {rest}, {""}});
  std::cout << (rows.empty() ? "No route and no default chat is configured: "
                               "only bound chat sessions are told.\n"
                             : rows.print(console.screen()));
  return EX_OK;
}

json::object labels_of(const std::vector<std::string>& pairs) {
  json::object labels;
  for (const auto& one : pairs) {
    const auto equals = one.find('=');
    if (equals == one.npos || equals == 0)
      throw console_error{EX_USAGE, "--label wants NAME=VALUE, such as "
                                    "--label team=web"};
    labels[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return labels;
}

/// Ends with 0 also if nobody is told: that is an answer.
int test_routes(const route_arguments& arguments, operator_console& console) {
  json::object body{{"kind", arguments.kind}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty())
      body[name] = value;
  };
  put("reason", arguments.reason);
  put("workspace_id", arguments.workspace);
  put("chat_session_id", arguments.session);
  if (!arguments.labels.empty())
    body["labels"] = labels_of(arguments.labels);
  const auto found = console.post("/routes/test", std::move(body));
  if (console.wants_json()) {
    operator_console::print_json(found);
    return EX_OK;
  }
  for (const auto& each : found.at("tells").as_array())
    std::cout << chat_words(each) << " (" << text_at(each, "via") << ")\n";
  if (found.at("tells").as_array().empty())
    std::cout << "Nobody is told: no chat session, no route and no default "
                 "chat takes it.\n";
  return EX_OK;
}

} // namespace

void add_chats(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<chat_arguments>();
  auto* chats =
      program.add_subcommand("chats", "Which chats chat sessions are bound to");
  chats->require_subcommand(1);
  auto* list = chats->add_subcommand("list", "List what is bound");
  add_console_options(*list, arguments->console);
  runs(*list, run, arguments->console,
       [arguments](operator_console& console) { return list_chats(console); });
  auto* binding =
      chats->add_subcommand("bind", "Bind a chat session to a chat");
  add_console_options(*binding, arguments->console);
  binding->add_option("session", arguments->session, "Id of the chat session")
      ->required();
  binding->add_option("--relay", arguments->relay, "A configured relay")
      ->required();
  binding->add_option("--chat", arguments->chat, "Id of the chat there")
      ->required();
  binding->add_option("--thread", arguments->thread, "A thread of the chat");
  binding->add_option("--reply-to", arguments->reply_to,
                      "A message that failures are replies to");
  binding->add_option("--channel-type", arguments->channel_type,
                      "Octo: 1 direct, 2 group, 5 topic");
  binding->add_option("--locale", arguments->locale,
                      "Language of its messages; the relay's if left out");
  runs(*binding, run, arguments->console,
       [arguments](operator_console& console) {
         return bind(*arguments, console);
       });
  auto* removal = chats->add_subcommand("unbind", "Forget a session's chat");
  add_console_options(*removal, arguments->console);
  removal->add_option("session", arguments->session, "Id of the chat session")
      ->required();
  runs(*removal, run, arguments->console,
       [arguments](operator_console& console) {
         return unbind(*arguments, console);
       });
}

void add_routes(CLI::App& program, chosen& run) {
  auto arguments = std::make_shared<route_arguments>();
  auto* routes = program.add_subcommand(
      "routes", "Who is told of what no chat session tells");
  routes->require_subcommand(1);
  auto* list = routes->add_subcommand("list", "List routes in their order");
  add_console_options(*list, arguments->console);
  runs(*list, run, arguments->console,
       [arguments](operator_console& console) { return list_routes(console); });
  auto* test =
      routes->add_subcommand("test", "Tell who would be told of a failure");
  add_console_options(*test, arguments->console);
  test->add_option("--kind", arguments->kind, "Kind of the task")->required();
  test->add_option("--reason", arguments->reason,
                   "Failure reason; left out: all that a reason could bring");
  test->add_option("--workspace", arguments->workspace, "Its workspace");
  test->add_option("--label", arguments->labels, "A label, NAME=VALUE");
  test->add_option("--session", arguments->session, "Its chat session");
  runs(*test, run, arguments->console, [arguments](operator_console& console) {
    return test_routes(*arguments, console);
  });
}

} // namespace telltale::commands

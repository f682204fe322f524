#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/task.hpp"
#include "messages/told.hpp"

// Which failures go to which chats, beside those whose session is bound to one.

namespace telltale {

/// Which tasks a route is for: each of its patterns must fit. `*` stands for
/// any characters, `?` for one; an empty pattern fits everything.
struct route_match {
  std::string kind;
  std::string reason; ///< the failure reason
  std::string workspace;
  std::map<std::string, std::string> labels; ///< by name

  bool operator==(const route_match&) const = default;
};

struct chat_route {
  route_match match;
  std::vector<chat_binding> to; ///< of relays without chats: `relay` alone
  bool continues = false;       ///< the routes behind it are asked too

  bool operator==(const chat_route&) const = default;
};

/// Who is told of what no chat session tells.
struct chat_routing {
  std::vector<chat_route> routes;          ///< in their order
  std::vector<chat_binding> default_chats; ///< of what no route fits

  bool operator==(const chat_routing&) const = default;
};

/// What routes see of a failed task.
struct routed_task {
  std::string kind;
  /// Nothing: the task has not failed yet, and any reason may come.
  std::optional<std::string> reason;
  std::string workspace;
  std::string labels = "null"; ///< JSON text

  bool operator==(const routed_task&) const = default;
};

/// A chat that is to hear of a failure, and why it is.
struct chosen_chat {
  chat_binding chat; ///< of relays without chats: `relay` alone
  told_via via = told_via::session;

  bool operator==(const chosen_chat&) const = default;
};

/// The routes as they are now and, if there is a task, whom it would be told.
struct ask_routes {
  std::optional<routed_task> task;
  std::optional<chat_session_id> session; ///< the task's

  bool operator==(const ask_routes&) const = default;
};

struct routes_told {
  chat_routing now;
  std::vector<tell_target> tells;

  bool operator==(const routes_told&) const = default;
};

} // namespace telltale

#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "commands/client/terminal.hpp"

namespace telltale::commands {

/// One screen about one task: what happened, in the words of its kind; what the
/// reason means; every attempt; who was told, and what the chat answered.
/// `task` is the answer of `GET /tasks/{id}`, `reasons` that of
/// `GET /failure-reasons`; the copy is taken in `locale`, else in `en`. Lines
/// with their ends; nothing in it can control the terminal. Pure.
[[nodiscard]] std::string why_screen(const boost::json::value& task,
                                     const boost::json::value& reasons,
                                     std::string_view locale,
                                     const terminal& on, timestamp now);

/// The task that a person names: an id, or a link that ends in `/runs/<id>`.
[[nodiscard]] std::string task_named(std::string_view text);

} // namespace telltale::commands

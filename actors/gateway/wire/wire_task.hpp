#pragma once

#include <boost/json/object.hpp>

#include "messages/store.hpp"

// What several resources show of a task. Pure; any thread.

namespace telltale {

/// A task as `GET /tasks/{task_id}` shows it, without attempts and deliveries.
[[nodiscard]] boost::json::object task_object(const task_record& task);

/// `[{relay, chat_id, via}]`.
[[nodiscard]] boost::json::array
tells_array(const std::vector<tell_target>& tells);

} // namespace telltale

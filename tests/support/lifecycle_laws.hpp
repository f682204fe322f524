#pragma once

#include <string>
#include <vector>

#include "messages/event.hpp"
#include "messages/task.hpp"

namespace telltale {

/// All that is stored of one task, deliveries aside.
struct task_story {
  task_record task;
  std::vector<attempt_record> attempts; ///< by number
  std::vector<event_facts> events;      ///< in the order of their writing
};

// The lifecycle as laws over what is stored, written from
// docs/task_lifecycle.md without the code that they judge. Each answers with
// the law that is broken, or with nothing.

/// What must hold of a story at any time.
[[nodiscard]] std::string broken_law(const task_story& story);

/// What must hold of one command's effect on one task.
[[nodiscard]] std::string broken_law(const task_story& before,
                                     const task_story& after);

} // namespace telltale

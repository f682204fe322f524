#pragma once

#include <vector>

#include "messages/counters.hpp"
#include "messages/event.hpp"

namespace telltale {

/// Counts what committed events say: failures by reason, finished tasks by
/// outcome, retries, recoveries.
void count_facts(counter_board& board,
                 const std::vector<committed_event>& facts);

} // namespace telltale

#include "actors/readiness/condition.hpp"

#include <cstdio>
#include <utility>

namespace telltale {

namespace {

std::string seconds_text(database_condition::clock::duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s",
                std::chrono::duration<double>(time).count());
  return text;
}

std::string over_text(database_state was) {
  switch (was) {
  case database_state::not_answering:
    return "the database answers again after ";
  case database_state::full:
    return "the database has room again after ";
  case database_state::unreachable:
  case database_state::answers:
    return "the database can be reached again after ";
  }
  return {};
}

} // namespace

std::string explain_shortage(const std::string& sqlstate) {
  if (sqlstate == "53200")
    return "the database is out of memory (SQLSTATE 53200): give its machine "
           "more, or lower shared_buffers, work_mem or max_connections";
  if (sqlstate == "53300")
    return "the database has no connection left (SQLSTATE 53300): raise its "
           "max_connections, or close what others hold open";
  if (sqlstate == "53400")
    return "the database met a limit of its configuration (SQLSTATE 53400): "
           "raise it, its log names which (temp_file_limit, say)";
  if (sqlstate == "53100" || sqlstate == "58030")
    return "the disk of the database is full (SQLSTATE " + sqlstate
           + "): make room on the file system that holds its data directory";
  return "the database has no room (SQLSTATE " + sqlstate
         + "): its log says of what";
}

std::optional<database_condition::line>
database_condition::enter(database_state state, time_point since,
                          std::string explanation, bool tell) {
  const auto was = std::exchange(known_.state, state);
  known_.explanation = explanation;
  if (state == database_state::answers) {
    if (std::exchange(told_, {}).empty())
      return std::nullopt;
    return line{true, over_text(was) + seconds_text(since - since_)};
  }
  if (was == database_state::answers)
    since_ = since;
  // A server that hangs cuts connections, too, and takes none: each is told
  // once.
  if (!tell || !told_.insert(state).second)
    return std::nullopt;
  return line{false, std::move(explanation)};
}

std::optional<database_condition::line>
database_condition::answered(time_point now, store_checked answer,
                             bool tried_write) {
  known_.store = std::move(answer);
  if (full() && (!tried_write || now - last_refused_ < quiet))
    return std::nullopt;
  return enter(database_state::answers, now, {});
}

std::optional<database_condition::line>
database_condition::failed(time_point now, ec code,
                           const std::string& circumstances) {
  if (code == ec::database_full) {
    last_refused_ = now;
    // The circumstances are "SQLSTATE 53100", say.
    return enter(database_state::full, now,
                 full() ? known_.explanation
                        : explain_shortage(circumstances.substr(
                            circumstances.rfind(' ') + 1)));
  }
  known_.store.reachable = false;
  return enter(database_state::unreachable, now,
               "the database cannot be reached (" + circumstances
                   + "); reports are refused with 503 and runners send them "
                     "again");
}

std::optional<database_condition::line>
database_condition::waits(time_point now, time_point asked) {
  known_.store.reachable = false;
  return enter(database_state::not_answering, asked,
               "the database does not answer: a question waits since "
                   + seconds_text(now - asked)
                   + "; what needs it waits, too; look at its load, its locks "
                     "and its machine",
               now - asked >= patience_of_log);
}

std::optional<database_condition::line>
database_condition::refused(time_point now, const std::string& sqlstate) {
  last_refused_ = now;
  if (known_.state == database_state::not_answering
      || known_.state == database_state::unreachable)
    return std::nullopt; // the worse news stands
  return enter(database_state::full, now,
               explain_shortage(sqlstate)
                   + "; until then reports are refused with 503 and runners "
                     "send them again");
}

} // namespace telltale

#include "config/rows.hpp"

#include "config/locale_names.hpp"

namespace telltale::config {

namespace {

using namespace detail;

// The words that rows use for bounds and reload.
const bounds any;
constexpr bool live = true;
constexpr bool restart = false;

template <class Rep, class Period>
double plain(std::chrono::duration<Rep, Period> x) {
  return static_cast<double>(
      std::chrono::duration_cast<std::chrono::milliseconds>(x).count());
}

template <class T> double plain(T x) {
  return static_cast<double>(x);
}

template <class A, class B> bounds between(A low, B high) {
  return {plain(low), plain(high), {}};
}

template <class... T> bounds one_of(T... choices) {
  return {any.low, any.high, {choices...}};
}

template <class T> std::vector<field> rows(T& x);

template <class T> entry_list list_of(std::vector<T>& entries) {
  return {[&entries] { entries.clear(); },
          [&entries] { return rows(entries.emplace_back()); }, &entries,
          [](const void* a, const void* b) {
            return *static_cast<const std::vector<T>*>(a)
                   == *static_cast<const std::vector<T>*>(b);
          }};
}

template <class T> entry_table table_of(std::map<std::string, T>& entries) {
  return {[&entries] {
            std::vector<std::string> names;
            for (const auto& [name, entry] : entries)
              names.push_back(name);
            return names;
          },
          [&entries](const std::string& name) { return rows(entries[name]); }};
}

template <class T> entry_object object_of(T& entry) {
  return {[&entry] { return rows(entry); }};
}

#define TELLTALE_OPTION(type, name, fallback, bounds, reload, sentence)        \
  result.push_back({#name, &x.name, bounds, reload, sentence});
#define TELLTALE_OPTIONAL(type, name, bounds, reload, sentence)                \
  result.push_back({#name, &x.name, bounds, reload, sentence});
#define TELLTALE_NAMED(type, name, key, fallback, bounds, reload, sentence)    \
  result.push_back({key, &x.name, bounds, reload, sentence});
#define TELLTALE_TABLE_OF_ITS_OWN(entry, name, reload, sentence)               \
  result.push_back({#name, object_of(x.name), any, reload, sentence});
#define TELLTALE_LIST(entry, name, reload, sentence)                           \
  result.push_back({#name, list_of(x.name), any, reload, sentence});
#define TELLTALE_TABLE(entry, name, reload, sentence)                          \
  result.push_back({#name, table_of(x.name), any, reload, sentence});

template <> std::vector<field> rows(token_config& x) {
  std::vector<field> result;
#include "config/sections/token.def"
  return result;
}

template <> std::vector<field> rows(known_secret_config& x) {
  std::vector<field> result;
#include "config/sections/known_secret.def"
  return result;
}

template <> std::vector<field> rows(pattern_config& x) {
  std::vector<field> result;
#include "config/sections/pattern.def"
  return result;
}

template <> std::vector<field> rows(retry_reason_config& x) {
  std::vector<field> result;
#include "config/sections/retry_reason.def"
  return result;
}

template <> std::vector<field> rows(route_match_config& x) {
  std::vector<field> result;
#include "config/sections/route_match.def"
  return result;
}

template <> std::vector<field> rows(route_target_config& x) {
  std::vector<field> result;
#include "config/sections/route_target.def"
  return result;
}

template <> std::vector<field> rows(route_config& x) {
  std::vector<field> result;
#include "config/sections/route.def"
  return result;
}

template <> std::vector<field> rows(http_config& x) {
  std::vector<field> result;
#include "config/sections/http.def"
  return result;
}

template <> std::vector<field> rows(auth_config& x) {
  std::vector<field> result;
#include "config/sections/auth.def"
  return result;
}

template <> std::vector<field> rows(database_config& x) {
  std::vector<field> result;
#include "config/sections/database.def"
  return result;
}

template <> std::vector<field> rows(tasks_config& x) {
  std::vector<field> result;
#include "config/sections/tasks.def"
  return result;
}

template <> std::vector<field> rows(runners_config& x) {
  std::vector<field> result;
#include "config/sections/runners.def"
  return result;
}

template <> std::vector<field> rows(reaper_config& x) {
  std::vector<field> result;
#include "config/sections/reaper.def"
  return result;
}

template <> std::vector<field> rows(retry_config& x) {
  std::vector<field> result;
#include "config/sections/retry.def"
  return result;
}

template <> std::vector<field> rows(redaction_config& x) {
  std::vector<field> result;
#include "config/sections/redaction.def"
  return result;
}

template <> std::vector<field> rows(relay_config& x) {
  std::vector<field> result;
#include "config/sections/relay.def"
  return result;
}

template <> std::vector<field> rows(events_config& x) {
  std::vector<field> result;
#include "config/sections/events.def"
  return result;
}

template <> std::vector<field> rows(retention_config& x) {
  std::vector<field> result;
#include "config/sections/retention.def"
  return result;
}

template <> std::vector<field> rows(log_config& x) {
  std::vector<field> result;
#include "config/sections/log.def"
  return result;
}

template <> std::vector<field> rows(caf_config& x) {
  std::vector<field> result;
#include "config/sections/caf.def"
  return result;
}

} // namespace

std::vector<section> sections_of(settings& x) {
  return {
      {"http", "The HTTP listener and its limits.", rows(x.http), {}},
      {"auth", "Who may speak to the service.", rows(x.auth), {}},
      {"database",
       "Where tasks, events and deliveries are kept.",
       rows(x.database),
       {}},
      {"tasks",
       "What holds for a task that says nothing of its own.",
       rows(x.tasks),
       {}},
      {"runners", "Runners that register by themselves.", rows(x.runners), {}},
      {"reaper", "When silence counts as failure.", rows(x.reaper), {}},
      {"retry",
       "Which failures are tried again, how often and when.",
       rows(x.retry),
       {}},
      {"redaction",
       "What is masked, and how long texts may be.",
       rows(x.redaction),
       {}},
      {"relays",
       "A table per chat or webhook that is told; its name is 1 to 64 "
       "characters of a-z, 0-9 and -.",
       {},
       table_of(x.relays)},
      {"routes",
       "Who is told of a failure whose session is bound to no chat: the first "
       "route that fits.",
       {},
       {},
       list_of(x.routes)},
      {"events", "The event stream.", rows(x.events), {}},
      {"retention", "How long what is over stays.", rows(x.retention), {}},
      {"log", "What the service says about itself.", rows(x.log), {}},
      {"caf", "The actor system.", rows(x.caf), {}},
  };
}

std::vector<field> rows_of(relay_config& x) {
  return rows(x);
}

} // namespace telltale::config

// libs: telltale_plan_worlds Boost::json
#define CAF_SUITE integration.plans

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <pqxx/pqxx>

#include "actors/persistence/postgres/store_statements.hpp"
#include "tests/support/plan_worlds.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> large{"tasks", "attempts", "events",
                                                "deliveries"};
/// Indexes that hold what is under way, or waited for, and nothing else: they
/// are read from end to end.
constexpr std::array<std::string_view, 2> read_whole{"tasks_active",
                                                     "tasks_awaiting"};
template <class Range> bool holds(const Range& range, std::string_view value) {
  return std::ranges::find(range, value) != range.end();
}

std::string text_at(const json::object& node, std::string_view key) {
  const auto* found = node.if_contains(key);
  return found == nullptr ? std::string{}
                          : std::string{found->as_string().c_str()};
}

/// What one plan is made of, and what is wrong with it wherever it is made.
struct plan_reader {
  std::string shape;
  std::vector<std::string> faults;
  std::set<std::string> indexes;

  void read(const json::object& node, int depth, bool under_sort) {
    auto type = text_at(node, "Node Type");
    const auto table = text_at(node, "Relation Name");
    const auto index = text_at(node, "Index Name");
    const auto condition = text_at(node, "Index Cond");
    if (type == "Index Only Scan")
      type = "Index Scan"; // whether it may skip the table is not the shape
    shape.append(static_cast<std::size_t>(2 * depth), ' ').append(type);
    for (const auto& part : {table, index, text_at(node, "CTE Name")})
      if (!part.empty())
        shape.append(" ").append(part);
    if (!index.empty()) {
      indexes.insert(index);
      shape.append(condition.empty() ? " whole" : " by key");
    }
    shape.append("\n");
    if (holds(large, table))
      judge(type, table, index, condition, under_sort);
    if (type == "Sort" || type == "Incremental Sort")
      under_sort = true;
    else if (type == "Limit")
      under_sort = false;
    const auto* inner = node.if_contains("Plans");
    if (inner == nullptr)
      return;
    for (const auto& one : inner->as_array()) {
      const auto& child = one.as_object();
      // A part that is computed before is shown here, and not sorted here.
      const bool before = text_at(child, "Parent Relationship") == "InitPlan";
      read(child, depth + 1, under_sort && !before);
    }
  }

private:
  void judge(const std::string& type, const std::string& table,
             const std::string& index, const std::string& condition,
             bool under_sort) {
    if (type.find("Scan") == std::string::npos)
      return; // it writes
    if (type != "Index Scan")
      faults.push_back("reads " + table + " by a " + type);
    else if (condition.empty() && !holds(read_whole, index))
      faults.push_back("reads all of " + index);
    else if (under_sort && condition.find(" = ") == std::string::npos)
      faults.push_back("sorts what " + index + " has, without a limit");
  }
};

using plans = std::map<std::string, plan_reader>;

/// The plans of one store's statements, made as its connection makes them.
plans plans_of(const store_statements& store, const std::string& url) {
  pg_options options;
  options.url = url;
  pg_connection db{options, store.statements, store.plans};
  auto& link = db.connect();
  for (const auto& statement : store.statements)
    link.prepare_now(statement.name); // the library would at its first use
  pqxx::nontransaction asking{link};
  plans result;
  for (const auto& row :
       asking.exec("SELECT name, cardinality(parameter_types)"
                   " FROM pg_prepared_statements ORDER BY name")) {
    const std::string name = row[0].c_str();
    std::string values;
    for (int i = row[1].as<int>(); i > 0; --i)
      values += values.empty() ? "(NULL" : ", NULL";
    if (!values.empty())
      values += ")";
    const auto plan = json::parse(
        asking
            .exec1("EXPLAIN (FORMAT JSON) EXECUTE \"" + name + '"' + values)[0]
            .c_str());
    result[name].read(plan.at(0).at("Plan").as_object(), 0, false);
  }
  return result;
}

/// What is wrong with the plans of a store; `worlds` are databases by name.
std::vector<std::string>
faults_of(const store_statements& store,
          const std::vector<const plan_world*>& worlds) {
  std::vector<std::string> faults;
  plans first;
  for (const auto* world : worlds) {
    auto found = plans_of(store, world->url());
    for (const auto& [name, plan] : found) {
      for (const auto& fault : plan.faults)
        faults.push_back(store.store + ": " + name + ", " + world->name() + ": "
                         + fault + "\n" + plan.shape);
      if (const auto other = first.find(name);
          other != first.end() && other->second.shape != plan.shape)
        faults.push_back(store.store + ": " + name + ", " + world->name()
                         + ": another plan\n" + plan.shape + "than\n"
                         + other->second.shape);
    }
    if (first.empty())
      first = std::move(found);
  }
  return faults;
}

struct plans_fixture {
  /// Made once: three of them are large.
  static const std::vector<const plan_world*>& worlds() {
    static const auto made = make_plan_worlds();
    static const auto all = [] {
      std::vector<const plan_world*> result;
      for (const auto& one : made)
        result.push_back(one.get());
      return result;
    }();
    return all;
  }

  static const plan_world& never_analysed() { return *worlds()[2]; }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(plans_tests, plans_fixture)

CAF_TEST(each statement has one plan whatever the tables hold) {
  std::size_t statements = 0;
  for (const auto& store : all_statements()) {
    if (store.plans != planning::by_shape)
      continue;
    statements += plans_of(store, worlds().front()->url()).size();
    for (const auto& fault : faults_of(store, worlds()))
      CAF_ERROR(fault);
  }
  CAF_CHECK(statements > 50);
}

CAF_TEST(statistics of a large database read no large table from end to end) {
  for (const auto& store : all_statements()) {
    if (store.plans != planning::by_statistics)
      continue;
    for (const auto& [name, plan] : plans_of(store, worlds().back()->url()))
      CAF_CHECK_EQUAL(plan.shape.find("Seq Scan tasks"), std::string::npos);
  }
}

CAF_TEST(what is asked all the time goes by the index that was made for it) {
  const std::map<std::string, std::string> meant{
      {"claim", "tasks_queue"},
      {"claim_by_kind", "tasks_queue_kind"},
      {"next_due", "tasks_deferred"},
      {"next_due_by_kind", "tasks_deferred_kind"},
      {"sweep_queue_ttl", "tasks_open_newest"},
      {"sweep_reconnect", "tasks_awaiting"},
      {"sweep_retry_not_taken", "tasks_retries"},
      {"find_attempt", "attempts_id"},
      {"sweep_runner_offline", "tasks_active"},
      {"sweep_lease", "tasks_active"},
      {"sweep_wall_clock", "tasks_active"},
      {"sweep_recovery", "tasks_active"},
      {"read_log", "events_position_key"},
      {"take_due", "deliveries_pending"},
      {"count_backlog", "deliveries_pending"},
      {"ended_tasks", "tasks_finished"},
  };
  std::size_t seen = 0;
  for (const auto& store : all_statements())
    for (const auto& [name, plan] : plans_of(store, never_analysed().url()))
      if (const auto found = meant.find(name); found != meant.end()) {
        ++seen;
        CAF_MESSAGE(name);
        CAF_CHECK(plan.indexes.contains(found->second));
      }
  CAF_CHECK_EQUAL(seen, meant.size());
}

CAF_TEST(a statement that reads more than it needs is found) {
  const store_statements careless{
      "careless",
      planning::by_shape,
      {{"sorts", "SELECT id FROM tasks t WHERE t.status = 'queued'"
                 " AND t.wanted_runner IS NULL AND NOT t.dispatched"
                 " ORDER BY t.title LIMIT $1::bigint"},
       {"reads_all", "SELECT id FROM tasks WHERE title = $1"},
       {"turns_round", "SELECT t.id FROM unnest($1::uuid[]) AS u(id)"
                       " JOIN tasks t ON t.id = u.id"}}};
  const auto faults = faults_of(careless, worlds());
  for (const auto& fault : faults)
    CAF_MESSAGE(fault);
  const auto names = [&](std::string_view what) {
    return std::ranges::any_of(faults, [&](const std::string& fault) {
      return fault.find(what) != std::string::npos;
    });
  };
  CAF_CHECK(names("careless: sorts, never analysed: reads all of"));
  CAF_CHECK(names("careless: reads_all, fresh: reads tasks by a Seq Scan"));
  CAF_CHECK(names("careless: turns_round, emptied: reads all of"));
  CAF_CHECK(names("careless: turns_round, emptied: another plan"));
}

CAF_TEST_FIXTURE_SCOPE_END()

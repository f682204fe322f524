#include "tests/support/lifecycle_model.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <pqxx/pqxx>

#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "tests/support/row_comparison.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;

/// Rows die in great number; now and then the tables start anew.
constexpr std::uint64_t renew_every = 200;

struct disagreement : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T> T need(caf::expected<T> answer) {
  if (!answer)
    throw disagreement{"the store fails: " + explain(answer.error())};
  return std::move(*answer);
}

template <class T> ec code_of_answer(const caf::expected<T>& answer) {
  return answer ? ec::none : code_of(answer.error());
}

/// Everything is older by this: the clock has jumped.
void grow_older(memory_database& db, std::chrono::seconds span) {
  const auto shift = [&](std::optional<timestamp>& when) {
    if (when)
      *when -= span;
  };
  for (auto& [id, task] : db.tasks) {
    task.created_at -= span;
    for (const auto member :
         {&task_record::run_after, &task_record::started_at,
          &task_record::completed_at, &task_record::lease_expires_at})
      shift(task.*member);
  }
  for (auto& [key, attempt] : db.attempts) {
    attempt.started_at -= span;
    shift(attempt.ended_at);
  }
  for (auto& event : db.events)
    event.occurred_at -= span;
  for (auto& [name, seen] : db.runners)
    seen -= span;
  for (auto& [kind, claimed] : db.claimed_kinds)
    claimed -= span;
}

std::string grow_older_statement(std::chrono::seconds span) {
  const auto past = " - interval '" + std::to_string(span.count()) + " s'";
  const auto table = [&](const char* name,
                         std::initializer_list<const char*> columns) {
    std::string sql;
    for (const std::string column : columns)
      sql += (sql.empty() ? "" : ", ") + column + " = " + column + past;
    return std::string{"UPDATE "} + name + " SET " + sql + "; ";
  };
  return table("tasks", {"created_at", "run_after", "started_at",
                         "completed_at", "lease_expires_at"})
         + table("attempts", {"started_at", "ended_at"})
         + table("events", {"occurred_at"})
         + table("claimed_kinds", {"claimed_at"})
         + table("runners", {"first_seen_at", "last_seen_at"});
}

std::vector<pending_report>
as_pending(const std::vector<apply_status>& reports) {
  std::vector<pending_report> batch(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i)
    batch[i].ready = reports[i];
  return batch;
}

void agree(bool holds, const char* what) {
  if (!holds)
    throw disagreement{std::string{"the answers differ: "} + what};
}

/// The same command to the store and to the model.
class both_sides {
public:
  both_sides(task_store& store, task_store& model, bool in_doubt)
      : store_(store), model_(model), in_doubt_(in_doubt) {}

  void operator()(const create_task& what) const {
    const auto a = need(store_.create(what)).answer;
    const auto b = need(model_.create(what)).answer;
    agree(same(a.task, b.task) && a.repeated == b.repeated, "create");
  }
  void operator()(const std::vector<apply_status>& what) const {
    auto a = as_pending(what);
    auto b = as_pending(what);
    need(store_.apply(a));
    need(model_.apply(b));
    for (std::size_t i = 0; i < a.size(); ++i) {
      agree(a[i].result == b[i].result, "the result of a report");
      agree(a[i].attempt == b[i].attempt, "the attempt of a report");
      // A write whose answer was lost is found done.
      agree(in_doubt_ || a[i].effect == b[i].effect, "the effect of a report");
    }
  }
  void operator()(const daemon_word& what) const {
    const auto a = by_id(store_, what);
    const auto b = by_id(model_, what);
    agree(a.attempt == b.attempt, "the attempt that has an id");
    (*this)(std::vector{a});
    agree(seen(store_, what) == seen(model_, what), "what a daemon sees");
  }
  void operator()(const claim_tasks& what) const {
    const auto a = need(store_.claim(what)).answer;
    const auto b = need(model_.claim(what)).answer;
    agree(std::ranges::equal(
              a.tasks, b.tasks,
              [](const auto& x, const auto& y) { return same(x, y); }),
          "claimed tasks");
    agree(near(a.next_due, b.next_due), "when the next task is due");
  }
  void operator()(const beat_heart& what) const {
    const auto a = need(store_.beat({what})).answer.front();
    const auto b = need(model_.beat({what})).answer.front();
    agree(near(a.lease_expires_at, b.lease_expires_at), "the lease");
    agree(a.stop == b.stop, "which tasks to stop");
    agree(in_doubt_ || a.runner_returned == b.runner_returned,
          "whether the runner returned");
  }
  void operator()(const cancel_task& what) const {
    agree(code_of_answer(store_.cancel(what))
              == code_of_answer(model_.cancel(what)),
          "cancel");
  }
  void operator()(const retry_task& what) const {
    agree(code_of_answer(store_.retry(what))
              == code_of_answer(model_.retry(what)),
          "retry");
  }
  void operator()(const sweep_tasks& what) const {
    const auto a = need(store_.sweep(what)).answer;
    const auto b = need(model_.sweep(what)).answer;
    agree(in_doubt_ || a.settled == b.settled, "how many were swept");
  }
  void operator()(const lost_claim& what) const {
    give_back(store_, what.what);
    give_back(model_, what.what);
  }
  template <class T> void operator()(const T&) const {}

private:
  static task_id id_of(task_store& store, const daemon_word& what) {
    const auto found = need(store.find({what.what.task}));
    for (const auto& attempt : found.attempts)
      if (attempt.number == what.number)
        return {attempt.id.value};
    return what.what.task; // nobody has begun the first
  }
  /// The report as the gateway makes it: a daemon knows no task.
  static apply_status by_id(task_store& store, const daemon_word& what) {
    const auto found = need(store.find({id_of(store, what)}));
    auto report = what.what;
    report.task = found.task.id;
    report.attempt = found.asked;
    return report;
  }
  static task_status seen(task_store& store, const daemon_word& what) {
    const auto found = need(store.find({id_of(store, what)}));
    return status_seen_by(found.task, found.attempts, found.asked);
  }
  static void give_back(task_store& store, const claim_tasks& what) {
    return_tasks back;
    for (const auto& task : need(store.claim(what)).answer.tasks)
      back.tasks.push_back({task.id, task.attempt, task.version});
    const auto returned = need(store.give_back(back)).answer.returned;
    agree(returned == back.tasks.size(), "how many tasks were given back");
  }

  task_store& store_;
  task_store& model_;
  bool in_doubt_;
};

} // namespace

task_stories read_stories(pqxx::connection& link) {
  task_stories result;
  pqxx::nontransaction reading{link};
  for (const auto& row :
       reading.exec("SELECT " + std::string{task_columns} + " FROM tasks t"))
    if (auto task = read_task(row, 0); true)
      result[task.id].task = std::move(task);
  for (const auto& row :
       reading.exec("SELECT a.task_id, " + std::string{attempt_columns}
                    + " FROM attempts a ORDER BY a.task_id, a.number")) {
    const task_id task{uuid_of(row[0])};
    result[task].attempts.push_back(*read_attempt(task, row, 1));
  }
  for (const auto& row : reading.exec(
           "SELECT occurred_at, facts FROM events ORDER BY occurred_at, id")) {
    auto facts = read_facts(text_of(row[1]));
    if (!facts)
      throw disagreement{"an event cannot be read"};
    facts->occurred_at = moment_of(row[0]); // the clock jumps in columns alone
    result[facts->task].events.push_back(*std::move(facts));
  }
  return result;
}

task_stories read_stories(const std::string& url) {
  pqxx::connection link{url};
  return read_stories(link);
}

lifecycle_model::lifecycle_model()
    : line_(database_),
      eye_(std::make_unique<pqxx::connection>(database_.url())),
      rules_(lifecycle_rules()) {}

lifecycle_model::~lifecycle_model() = default;

void lifecycle_model::begin(bool through_line) {
  through_line_ = through_line;
  restart();
  memory_ = std::make_shared<memory_database>();
  model_ = std::make_unique<memory_task_store>(memory_, rules_);
  before_.clear();
}

void lifecycle_model::restart() {
  store_.reset();
  options_.url = through_line_ ? line_.url() : database_.url();
  options_.rules = rules_;
  store_ = make_pg_task_store(options_);
}

/// What a store remembers of runners and of the queue holds by a clock that
/// does not jump: it is made anew.
void lifecycle_model::jump(std::chrono::seconds span) {
  pqxx::nontransaction work{*eye_};
  work.exec(grow_older_statement(span));
  grow_older(*memory_, span);
  restart();
}

void lifecycle_model::arm(const lifecycle_step& what) {
  if (std::holds_alternative<create_task>(what.what))
    line_.cut_answer_to_prepared("create");
  else if (std::holds_alternative<claim_tasks>(what.what)
           || std::holds_alternative<lost_claim>(what.what)
           || std::holds_alternative<sweep_tasks>(what.what))
    line_.cut_answer_to("COMMIT");
  else
    line_.cut_answer_to_prepared("write_transitions");
}

void lifecycle_model::step(const lifecycle_step& what) {
  if (const auto* clock = std::get_if<clock_jump>(&what.what))
    return jump(clock->span);
  if (std::holds_alternative<store_crash>(what.what))
    return restart();
  if (std::holds_alternative<backend_kill>(what.what)) {
    pqxx::nontransaction work{*eye_};
    work.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
              " datname = current_database() AND pid <> pg_backend_pid()"
              " AND application_name = 'telltale'");
    return;
  }
  {
    pqxx::nontransaction work{*eye_};
    memory_->now = moment_of(work.exec1("SELECT now()")[0]);
  }
  const bool in_doubt = what.loses_answer && through_line_;
  if (in_doubt)
    arm(what);
  std::visit(both_sides{*store_, *model_, in_doubt}, what.what);
  line_.cut_answer_to({});
}

task_stories lifecycle_model::read_modelled() const {
  task_stories result;
  for (const auto& [id, task] : memory_->tasks)
    result[id].task = task;
  for (const auto& [key, attempt] : memory_->attempts)
    result[key.first].attempts.push_back(attempt);
  for (const auto& event : memory_->events)
    result[event.task].events.push_back(event);
  return result;
}

void lifecycle_model::compare(const lifecycle_step& what) {
  auto stored = read_stories(*eye_);
  const auto modelled = read_modelled();
  if (stored.size() != modelled.size())
    throw disagreement{"there are not as many tasks as there should be"};
  const auto* batch = std::get_if<std::vector<apply_status>>(&what.what);
  for (const auto& [id, story] : stored) {
    const auto expected = modelled.find(id);
    if (expected == modelled.end())
      throw disagreement{"a task is stored that nobody made"};
    if (!same(story.task, expected->second.task))
      throw disagreement{"a stored task is not the model's: " + to_string(id)
                         + sketch(story.task) + sketch(expected->second.task)};
    if (!all_same(story.attempts, expected->second.attempts))
      throw disagreement{"stored attempts are not the model's: "
                         + to_string(id)};
    if (!all_same(story.events, expected->second.events))
      throw disagreement{"stored events are not the model's: " + to_string(id)};
    if (auto law = broken_law(story); !law.empty())
      throw disagreement{std::move(law)};
    const auto known = before_.find(id);
    const bool one_command =
        batch == nullptr
        || std::ranges::count(*batch, id, &apply_status::task) <= 1;
    if (known == before_.end() || !one_command
        || std::holds_alternative<clock_jump>(what.what)
        || std::holds_alternative<lost_claim>(what.what))
      continue;
    if (auto law = broken_law(known->second, story); !law.empty())
      throw disagreement{std::move(law)};
  }
  before_ = std::move(stored);
}

std::string lifecycle_model::play(std::uint64_t seed) {
  {
    pqxx::nontransaction work{*eye_};
    work.exec(seed % renew_every == 0
                  ? "TRUNCATE tasks, attempts, events, runners, claimed_kinds"
                    " CASCADE"
                  : "DELETE FROM tasks; DELETE FROM events;"
                    " DELETE FROM runners; DELETE FROM claimed_kinds");
  }
  lifecycle_script script{seed};
  begin(script.below(6) == 0);
  std::string told = "seed " + std::to_string(seed) + ":\n";
  try {
    for (auto left = script.length(); left > 0; --left) {
      std::vector<task_record> tasks;
      for (const auto& [id, task] : memory_->tasks)
        tasks.push_back(task);
      const auto next = script.next(tasks);
      told += "  " + describe(next) + '\n';
      step(next);
      compare(next);
      ++steps_;
    }
    const auto checked = need(store_->check(check_truth{24h * 3650}));
    if (checked.violations > 0)
      throw disagreement{checked.first};
  } catch (const std::exception& problem) {
    line_.cut_answer_to({});
    return told + problem.what();
  }
  return {};
}

} // namespace telltale

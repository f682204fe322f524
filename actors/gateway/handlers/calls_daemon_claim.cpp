#include <memory>

#include <boost/json.hpp>

#include "actors/gateway/handlers/calls_daemon.hpp"
#include "actors/gateway/wire/fields.hpp"

// Daemons' claims: for each of their runtimes in turn, until they have enough.

namespace telltale {

namespace {

/// A daemon gives up on a claim after five seconds.
constexpr std::chrono::seconds claim_patience{4};

/// Turns what was claimed into an answer: a list, or one task or none.
enum class claim_form : std::uint8_t { list, single };

/// One call that claims, on its way from runtime to runtime.
struct claim_round {
  pending_reply_ptr reply;
  claim_form form = claim_form::list;
  std::vector<runtime_record> runtimes;
  std::size_t next = 0;   ///< of the runtimes
  std::uint32_t left = 1; ///< how many tasks may still come
  tasks_claimed got;
  std::vector<std::string> written; ///< what was claimed, as daemons get it
};

using claim_round_ptr = std::shared_ptr<claim_round>;

void answer(gateway_self self, const claim_round_ptr& round) {
  if (round->reply->is_gone()) {
    give_back(self, round->got);
    round->written.clear();
  }
  std::string body;
  if (round->form == claim_form::single) {
    body = R"({"task":)"
           + (round->written.empty() ? "null" : round->written.front()) + "}";
  } else {
    for (const auto& task : round->written)
      body += (body.empty() ? "" : ",") + task;
    body = R"({"tasks":[)" + body + "]}";
  }
  round->reply->respond(json_answer(200, std::move(body)));
}

void keep(gateway_self self, claim_round& round, const runtime_record& runtime,
          const tasks_claimed& got) {
  for (const auto& task : got.tasks) {
    round.written.push_back(
        write_daemon_claimed(task, runtime,
                             daemon_token(self->state.setup.attempt_key,
                                          task.id, task.attempt, runtime.id)));
    round.got.tasks.push_back(task);
    round.left -= round.left > 0 ? 1U : 0U;
  }
}

void claim_next(gateway_self self, const claim_round_ptr& round) {
  if (round->next == round->runtimes.size() || round->left == 0
      || round->reply->is_gone())
    return answer(self, round);
  const auto& runtime = round->runtimes[round->next++];
  claim_tasks what;
  what.runner = runtime.id;
  what.kinds = {runtime.provider};
  what.limit = round->left;
  what.wanted_of_any_kind = true;
  what.ticket.gone = round->reply->gone_flag();
  what.ticket.deadline = self->clock().now() + claim_patience;
  self->request(self->state.peers.claims, caf::infinite, std::move(what))
      .then(
          [self, round, &runtime](const tasks_claimed& got) {
            keep(self, *round, runtime, got);
            claim_next(self, round);
          },
          [self, round](const caf::error& error) {
            // What it has is good, whatever became of the rest.
            if (round->got.tasks.empty() && !round->reply->is_gone())
              round->reply->respond(problem_of(error));
            else
              answer(self, round);
          });
}

/// Of those runtimes that belong to another daemon, the first.
const runtime_record* find_foreign(const std::vector<runtime_record>& runtimes,
                                   const std::string& daemon) {
  for (const auto& runtime : runtimes)
    if (!daemon.empty() && runtime.daemon != daemon)
      return &runtime;
  return nullptr;
}

void begin_round(gateway_self self, claim_form form, daemon_claim what,
                 const pending_reply_ptr& reply) {
  auto ids = what.runtimes;
  with_runtimes(
      self, std::move(ids), reply,
      [self, form, reply, what = std::move(what)](const runtimes_found& found) {
        if (const auto* foreign = find_foreign(found.runtimes, what.daemon)) {
          reply->respond(
              problem(ec::forbidden, "runtime " + foreign->id.value
                                         + " belongs to another daemon"));
          return;
        }
        const auto round = std::make_shared<claim_round>();
        round->reply = reply;
        round->form = form;
        round->runtimes = found.runtimes;
        round->left = what.most;
        claim_next(self, round);
      });
}

} // namespace

void on_daemon_claim(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_daemon_claim(call.body);
  if (what)
    begin_round(self, claim_form::list, std::move(*what), reply);
  else
    reply->respond(problem_of(what.error()));
}

void on_daemon_claim_one(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto& runtime = call.path.front();
  if (!is_opaque_id(runtime)) {
    reply->respond(
        problem(ec::invalid_field, "runtime_id must have 1 to 128 characters"));
    return;
  }
  begin_round(self, claim_form::single, {{}, {runner_id{runtime}}, 1}, reply);
}

} // namespace telltale

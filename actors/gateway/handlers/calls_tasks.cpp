#include <algorithm>
#include <utility>

#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/fields.hpp"

namespace telltale {

namespace {

/// Of a task that a job system starts: with the token of its first attempt,
/// unless a repeated key led to somebody else's task.
std::string answer_of(gateway_self self, const task_created& created,
                      const principal& who) {
  const auto& task = created.task;
  if (!task.dispatched || !may_dispatch(who, task))
    return write_created(created);
  const auto attempt = std::max<std::uint32_t>(task.attempt, 1);
  return write_dispatched(
      created, attempt,
      attempt_token(self->state.setup.attempt_key, task.id, attempt, {}));
}

void on_task_created(gateway_self self, const task_created& created,
                     const principal& who, const pending_reply_ptr& reply) {
  auto answer =
      json_answer(created.repeated ? 200 : 201, answer_of(self, created, who));
  answer.headers.push_back(
      {"Location", "/tasks/" + to_string(created.task.id)});
  reply->respond(std::move(answer));
  if (created.repeated
      || !self->state.announced.is_first_mention(created.task.id))
    return;
  announce_task(self, created.task);
  tend_claims(self);
}

/// The texts are clean: the task may be stored.
void store_task(gateway_self self, create_task what, texts_redacted& clean,
                const principal& who, const pending_reply_ptr& reply) {
  if (clean.texts.size() != 3) {
    reply->respond(problem(ec::internal_error));
    return;
  }
  what.task.title = std::move(clean.texts[0]);
  what.task.source_url = std::move(clean.texts[1]);
  what.task.labels = accept_labels(clean.texts[2]);
  const auto now = self->clock().now();
  what.ticket.gone = reply->gone_flag();
  what.ticket.trusted_until = now + half_closed_patience;
  self->request(self->state.peers.commands, caf::infinite, std::move(what))
      .then(
          [self, reply, who](const task_created& created) {
            on_task_created(self, created, who, reply);
          },
          fail_to(reply));
}

std::optional<task_id> read_task_id(const http_call& call) {
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply_of(call)->respond(problem(ec::task_not_found));
    return std::nullopt;
  }
  return task_id{*id};
}

} // namespace

void on_create_task(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto& state = self->state;
  auto request = parse_create(
      call.body, static_cast<std::uint32_t>(state.setup.tasks.max_attempts));
  if (!request) {
    reply->respond(problem_of(request.error()));
    return;
  }
  const auto key = call.headers.find("idempotency-key");
  if (key != call.headers.end()) {
    if (!is_opaque_id(key->second)) {
      reply->respond(problem(ec::invalid_field,
                             "Idempotency-Key must have 1 to 128 characters"));
      return;
    }
    request->what.idempotency_key = key->second;
  }
  request->what.task.id = task_id{make_uuid_v7()};
  request->what.task.created_at = state.setup.now();
  request->what.task.created_by = call.caller.name;
  redact_texts question;
  question.texts = {std::move(request->title), std::move(request->source_url),
                    std::move(request->labels)};
  self->request(state.peers.redaction, caf::infinite, std::move(question))
      .then(
          [self, reply, who = call.caller,
           what = std::move(request->what)](texts_redacted& clean) mutable {
            store_task(self, std::move(what), clean, who, reply);
          },
          fail_to(reply));
}

void on_list_tasks(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_list_tasks(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  what->ticket = ticket_of(self, reply, read_patience);
  self->request(self->state.peers.queries, read_patience, std::move(*what))
      .then(
          [reply](const tasks_listed& page) {
            reply->respond(json_answer(200, write_tasks(page)));
          },
          fail_to(reply));
}

void on_read_task(gateway_self self, http_call& call) {
  const auto id = read_task_id(call);
  if (!id)
    return;
  const auto reply = reply_of(call);
  self->request(self->state.peers.queries, read_patience,
                find_task{*id, ticket_of(self, reply, read_patience)})
      .then(
          [reply](const task_found& found) {
            reply->respond(json_answer(200, write_found(found)));
          },
          fail_to(reply));
}

void on_cancel_task(gateway_self self, http_call& call) {
  const auto id = read_task_id(call);
  if (!id)
    return;
  const auto reply = reply_of(call);
  self->request(self->state.peers.commands, caf::infinite, cancel_task{*id})
      .then(
          [reply](const task_changed& changed) {
            reply->respond(json_answer(200, write_task(changed.task)));
          },
          fail_to(reply));
}

void on_retry_task(gateway_self self, http_call& call) {
  const auto id = read_task_id(call);
  if (!id)
    return;
  const auto reply = reply_of(call);
  self->request(self->state.peers.commands, caf::infinite, retry_task{*id})
      .then(
          [self, reply](const task_changed& changed) {
            reply->respond(json_answer(200, write_task(changed.task)));
            announce_task(self, changed.task);
            tend_claims(self);
          },
          fail_to(reply));
}

} // namespace telltale
